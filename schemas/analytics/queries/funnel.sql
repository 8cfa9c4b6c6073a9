-- How far the sessions of the last week in one country came with each page: from looking at it to a search that names
-- it to a purchase, each step within the hour that the first one begins.
-- Parameters: country (String), since (DateTime64(3, 'UTC')).
SELECT level, count() AS ways
FROM
(
    SELECT
        windowFunnel(3600000)(toUInt64(toUnixTimestamp64Milli(event_time)), event_type = 'pageview', event_type = 'search', event_type = 'purchase') AS level
    FROM events
    WHERE event_type IN ('pageview', 'search', 'purchase') AND country = {country:String} AND event_time >= {since:DateTime64(3, 'UTC')}
    GROUP BY session_id, page_url
)
GROUP BY level
ORDER BY level;
