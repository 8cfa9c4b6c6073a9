-- The analytics case, as written (text, l.779-807): the text's own table, in an empty database of ClickHouse.
CREATE TABLE IF NOT EXISTS events
(
    event_id UUID,
    event_type String,
    user_id UInt64,
    session_id UUID,

    page_url String,
    referrer String,
    user_agent String,

    country String,
    region String,
    city String,
    device_type LowCardinality(String),
    browser LowCardinality(String),

    duration_ms UInt32,

    event_time DateTime,
    date Date
)
ENGINE = MergeTree()
PARTITION BY toYYYYMM(event_time)
ORDER BY (event_type, country, event_time)
SETTINGS index_granularity = 8192;
