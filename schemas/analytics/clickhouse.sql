-- The analytics case, as fixed: tables of ClickHouse. Idempotent: running it twice changes nothing. Statements end with
-- a semicolon at the end of a line. Run it by hand with clickhouse-client in an empty database.
--
-- Every table knows a block again by the name that its insert gives, and so do the views that feed others from it:
-- an insert that is repeated changes nothing anywhere (A-01, A-04).

-- The first five columns come from Kafka, the next fourteen are the text's as the device sent them, in the order of an
-- encoded event; what follows is computed. The device's clock is kept as it was sent, and believed if it lies within a
-- day before and a minute after the arrival (A-09, A-10): so no event opens a partition of 1970 or 2106.
-- What is older than 35 days, and so no longer asked for by dashboards and reports of a month, moves to a volume of its own
-- (A-12), of slower and cheaper disks where there are such.
-- Addresses are taken as they are sent and kept without queries and fragments, which say who somebody is (A-19) and make
-- each address one of its own (A-17).
-- Values that repeat are sent as plain texts too, and a whole block of them makes its dictionary at once: with each one
-- looked up in it as it is read, an event takes 1.6 times as long to read.
-- Parts are merged ten at a time and not five, those of rollups twenty, which are small: an event is written anew half as
-- often. Statistics of columns serve joins, of which there are none here.
CREATE TABLE IF NOT EXISTS events
(
    batch_position  UInt16 CODEC(T64, LZ4),
    kafka_partition UInt16 CODEC(ZSTD(1)),
    kafka_offset    UInt64 CODEC(DoubleDelta, LZ4),
    batch_id        UInt64 CODEC(DoubleDelta, LZ4),
    received_time   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id        UUID,
    event_type      LowCardinality(String) DEFAULT type_sent,
    user_id         UInt64 CODEC(ZSTD(1)),
    session_id      UUID CODEC(ZSTD(1)),
    page_url        String DEFAULT cutFragment(cutQueryString(page_sent)) CODEC(ZSTD(1)),
    referrer        String DEFAULT cutFragment(cutQueryString(referrer_sent)) CODEC(ZSTD(1)),
    user_agent      LowCardinality(String) DEFAULT agent_sent,
    country         LowCardinality(String) DEFAULT country_sent,
    region          LowCardinality(String) DEFAULT region_sent,
    city            LowCardinality(String) DEFAULT city_sent,
    device_type     LowCardinality(String) DEFAULT device_sent,
    browser         LowCardinality(String) DEFAULT browser_sent,
    duration_ms     UInt32 CODEC(T64, ZSTD(1)),
    client_time     DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_time      DateTime64(3, 'UTC') MATERIALIZED if(client_time BETWEEN received_time - INTERVAL 1 DAY AND received_time + INTERVAL 1 MINUTE, client_time, received_time) CODEC(Delta, ZSTD(1)),
    date            Date MATERIALIZED toDate(event_time),
    ingest_time     DateTime64(3, 'UTC') MATERIALIZED now64(3) CODEC(Delta, ZSTD(1)),
    page_sent       String EPHEMERAL,
    referrer_sent   String EPHEMERAL,
    type_sent       String EPHEMERAL,
    agent_sent      String EPHEMERAL,
    country_sent    String EPHEMERAL,
    region_sent     String EPHEMERAL,
    city_sent       String EPHEMERAL,
    device_sent     String EPHEMERAL,
    browser_sent    String EPHEMERAL,
    INDEX users (user_id) TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX sessions (session_id) TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX pages (page_url) TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX times (event_time) TYPE minmax GRANULARITY 1,
    CONSTRAINT known_device CHECK device_type IN ('mobile', 'desktop', 'tablet')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (event_type, country, event_time)
TTL toDateTime(event_time) + INTERVAL 35 DAY TO VOLUME 'cold', toDateTime(event_time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, auto_statistics_types = '', merge_selector_base = 10, non_replicated_deduplication_window = 10000, storage_policy = 'tiered';

-- What each record of the topic brought, for the witness of gaps and for knowing repeated batches again.
CREATE TABLE IF NOT EXISTS batches
(
    kafka_partition UInt16,
    kafka_offset    UInt64 CODEC(DoubleDelta, LZ4),
    batch_id        UInt64 CODEC(DoubleDelta, LZ4),
    received_time   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    events          UInt32
)
ENGINE = MergeTree
ORDER BY (kafka_partition, kafka_offset)
TTL toDateTime(received_time) + INTERVAL 7 DAY
SETTINGS auto_statistics_types = '', merge_selector_base = 20, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS batches_view TO batches AS
SELECT kafka_partition, kafka_offset, batch_id, any(received_time) AS received_time, toUInt32(count()) AS events
FROM events
GROUP BY kafka_partition, kafka_offset, batch_id;

-- The rollup of the dashboards: averages and unique users are kept as states, which merge (A-22).
CREATE TABLE IF NOT EXISTS events_by_minute
(
    minute      DateTime('UTC') CODEC(Delta, ZSTD(1)),
    event_type  LowCardinality(String),
    country     LowCardinality(String),
    device_type LowCardinality(String),
    events      SimpleAggregateFunction(sum, UInt64),
    duration    AggregateFunction(avg, UInt32),
    users       AggregateFunction(uniq, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (event_type, country, device_type, minute)
TTL minute + INTERVAL 400 DAY
SETTINGS auto_statistics_types = '', merge_selector_base = 20, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_by_minute_view TO events_by_minute AS
SELECT
    toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute,
    event_type,
    country,
    device_type,
    count() AS events,
    avgState(duration_ms) AS duration,
    uniqState(user_id) AS users
FROM events
GROUP BY minute, event_type, country, device_type;

-- Events that no table takes, each with the reason and where it came from (A-14).
CREATE TABLE IF NOT EXISTS dead_letters
(
    kafka_partition UInt16,
    kafka_offset    UInt64,
    batch_position  UInt16,
    batch_id        UInt64,
    received_time   DateTime64(3, 'UTC'),
    reason          LowCardinality(String),
    body            String CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (kafka_partition, kafka_offset, batch_position)
TTL toDateTime(received_time) + INTERVAL 30 DAY
SETTINGS auto_statistics_types = '', non_replicated_deduplication_window = 10000;

-- Takes what `events` would take, and keeps nothing: which event of a refused block is the one that is refused.
CREATE TABLE IF NOT EXISTS events_check AS events ENGINE = Null;

-- The real-time path (ANA-13, ANA-15): the same events by a second group of consumers. Of them only rollups of the last
-- hour are kept, small enough that dashboards cost next to nothing. They stand where the text draws Druid or Pinot.
CREATE TABLE IF NOT EXISTS hot_events AS events ENGINE = Null;

CREATE TABLE IF NOT EXISTS hot_batches
(
    kafka_partition UInt16,
    kafka_offset    UInt64 CODEC(DoubleDelta, LZ4),
    batch_id        UInt64 CODEC(DoubleDelta, LZ4),
    received_time   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    events          UInt32
)
ENGINE = MergeTree
ORDER BY (kafka_partition, kafka_offset)
TTL toDateTime(received_time) + INTERVAL 1 DAY
SETTINGS auto_statistics_types = '', non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS hot_batches_view TO hot_batches AS
SELECT kafka_partition, kafka_offset, batch_id, any(received_time) AS received_time, toUInt32(count()) AS events
FROM hot_events
GROUP BY kafka_partition, kafka_offset, batch_id;

-- `checksum` is what both sinks are compared by, minute by minute (A-13).
CREATE TABLE IF NOT EXISTS hot_minutes
(
    minute      DateTime('UTC') CODEC(Delta, ZSTD(1)),
    event_type  LowCardinality(String),
    country     LowCardinality(String),
    device_type LowCardinality(String),
    events      SimpleAggregateFunction(sum, UInt64),
    checksum    SimpleAggregateFunction(groupBitXor, UInt64),
    duration    AggregateFunction(avg, UInt32),
    users       AggregateFunction(uniq, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (minute, event_type, country, device_type)
TTL minute + INTERVAL 1 HOUR
SETTINGS auto_statistics_types = '', non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS hot_minutes_view TO hot_minutes AS
SELECT
    toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute,
    event_type,
    country,
    device_type,
    count() AS events,
    groupBitXor(cityHash64(event_id)) AS checksum,
    avgState(duration_ms) AS duration,
    uniqState(user_id) AS users
FROM hot_events
GROUP BY minute, event_type, country, device_type;

CREATE TABLE IF NOT EXISTS hot_pages
(
    minute   DateTime('UTC') CODEC(Delta, ZSTD(1)),
    page_url String CODEC(ZSTD(1)),
    views    SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (minute, page_url)
TTL minute + INTERVAL 1 HOUR
SETTINGS auto_statistics_types = '', non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS hot_pages_view TO hot_pages AS
SELECT toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute, page_url, count() AS views
FROM hot_events
WHERE event_type = 'pageview'
GROUP BY minute, page_url;
