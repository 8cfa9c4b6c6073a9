-- How many different users each country has; exact. In two steps: count(DISTINCT) knows no parallel plan.
SELECT country, count(*) AS users
FROM (SELECT DISTINCT country, user_id FROM events) AS known
GROUP BY country
ORDER BY users DESC, country;
