-- Of the users who came first in a week, how many were there in each week from then on.
-- Parameters: first_day (Date), of week 0.
SELECT toUInt8(arrayMin(weeks)) AS first_week, toUInt8(arrayJoin(weeks)) AS week, count() AS users
FROM
(
    SELECT bitPositionsToArray(groupBitOr(bitShiftLeft(toUInt8(1), intDiv(date - {first_day:Date}, 7)))) AS weeks
    FROM events
    GROUP BY user_id
)
GROUP BY first_week, week
ORDER BY first_week, week;
