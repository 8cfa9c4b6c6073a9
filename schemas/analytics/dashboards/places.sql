-- Where it happens: the countries and kinds of device of the last half hour, the busiest first.
SELECT country, device_type, toFloat64(sum(hot_minutes.events)) AS events, toFloat64(uniqMerge(hot_minutes.users)) AS users
FROM hot_minutes
WHERE minute > now() - INTERVAL 30 MINUTE
GROUP BY country, device_type
ORDER BY events DESC, country, device_type;
