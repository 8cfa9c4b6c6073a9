-- Rollups by minute, as `arch experiment rollups` compares them: the text's AVG kept as it is, and what merges (A-22).
-- Views are triggers: each inserted block adds rows of its own for its minutes. Idempotent, in an empty database.
-- Statements end with a semicolon at the end of a line.

-- What is inserted here goes to the rollups alone.
CREATE TABLE IF NOT EXISTS arrivals
(
    event_time  DateTime64(3, 'UTC'),
    event_type  LowCardinality(String),
    country     LowCardinality(String),
    duration_ms UInt32
)
ENGINE = Null;

-- AVG as the text has it, one row a minute and block.
CREATE TABLE IF NOT EXISTS averages
(
    minute     DateTime('UTC'),
    event_type LowCardinality(String),
    country    LowCardinality(String),
    duration   Float64,
    events     UInt64
)
ENGINE = MergeTree
ORDER BY (event_type, country, minute);

CREATE MATERIALIZED VIEW IF NOT EXISTS averages_view TO averages AS
SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, event_type, country, avg(duration_ms) AS duration, count() AS events
FROM arrivals
GROUP BY minute, event_type, country;

-- The same in an engine that adds up the rows of a key: counts are right, averages are added, too.
CREATE TABLE IF NOT EXISTS summed_averages AS averages
ENGINE = SummingMergeTree
ORDER BY (event_type, country, minute);

CREATE MATERIALIZED VIEW IF NOT EXISTS summed_averages_view TO summed_averages AS
SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, event_type, country, avg(duration_ms) AS duration, count() AS events
FROM arrivals
GROUP BY minute, event_type, country;

-- Sum and count, which add up.
CREATE TABLE IF NOT EXISTS sums
(
    minute     DateTime('UTC'),
    event_type LowCardinality(String),
    country    LowCardinality(String),
    duration   UInt64,
    events     UInt64
)
ENGINE = SummingMergeTree
ORDER BY (event_type, country, minute);

CREATE MATERIALIZED VIEW IF NOT EXISTS sums_view TO sums AS
SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, event_type, country, sum(duration_ms) AS duration, count() AS events
FROM arrivals
GROUP BY minute, event_type, country;

-- States, as the fixed variant keeps them in events_by_minute.
CREATE TABLE IF NOT EXISTS states
(
    minute     DateTime('UTC'),
    event_type LowCardinality(String),
    country    LowCardinality(String),
    duration   AggregateFunction(avg, UInt32),
    events     SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (event_type, country, minute);

CREATE MATERIALIZED VIEW IF NOT EXISTS states_view TO states AS
SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, event_type, country, avgState(duration_ms) AS duration, count() AS events
FROM arrivals
GROUP BY minute, event_type, country;
