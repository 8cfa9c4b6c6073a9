-- Of the users who came first in a week, how many were there in each week from then on. A bit stands for a week.
-- Parameters: $1, first_day (date), of week 0.
WITH visits AS
(
    SELECT bit_or(1 << ((date - $1::date) / 7)) AS weeks
    FROM events
    GROUP BY user_id
)
SELECT (SELECT min(w) FROM generate_series(0, 7) AS w WHERE weeks >> w & 1 = 1) AS first_week, week, sum(users)::bigint AS users
FROM (SELECT weeks, count(*) AS users FROM visits GROUP BY weeks) AS patterns
CROSS JOIN generate_series(0, 7) AS week
WHERE weeks >> week & 1 = 1
GROUP BY first_week, week
ORDER BY first_week, week;
