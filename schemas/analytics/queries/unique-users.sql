-- How many different users each country has; exact, not estimated.
SELECT country, uniqExact(user_id) AS users
FROM events
GROUP BY country
ORDER BY users DESC, country;
