-- The events of the analytics case in PostgreSQL, for `arch experiment column-store`: the text's fifteen columns, those of
-- fixed width first, so that no row is padded. Texts are in the order of their bytes, as in ClickHouse. Idempotent.
CREATE TABLE IF NOT EXISTS events
(
    event_id    uuid           NOT NULL,
    session_id  uuid           NOT NULL,
    user_id     bigint         NOT NULL,
    event_time  timestamptz(3) NOT NULL,
    duration_ms integer        NOT NULL,
    date        date           NOT NULL,
    event_type  text COLLATE "C" NOT NULL,
    page_url    text COLLATE "C" NOT NULL,
    referrer    text COLLATE "C" NOT NULL,
    user_agent  text COLLATE "C" NOT NULL,
    country     text COLLATE "C" NOT NULL,
    region      text COLLATE "C" NOT NULL,
    city        text COLLATE "C" NOT NULL,
    device_type text COLLATE "C" NOT NULL CHECK (device_type IN ('mobile', 'desktop', 'tablet')),
    browser     text COLLATE "C" NOT NULL
);
