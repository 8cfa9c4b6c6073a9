-- The history that suite `history` asks about: the events of clickhouse.sql with the same columns, codecs, key and
-- indexes, without the views that feed rollups from it and without a TTL, so that what was loaded once stays. Parts that
-- were merged go at once: a load that merges all of it needs the room of two copies, not of three. Idempotent.
-- Statements end with a semicolon at the end of a line.

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
SETTINGS index_granularity = 8192, auto_statistics_types = '', old_parts_lifetime = 10;

-- What the events follow from: another seed, size, schema or generator makes them anew.
CREATE TABLE IF NOT EXISTS template
(
    seed      UInt64,
    size      UInt64,
    schema    String,
    generator UInt32
)
ENGINE = MergeTree
ORDER BY seed;
