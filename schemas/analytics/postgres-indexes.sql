-- What the queries of queries-postgres/ are asked with: by user, by session, by page, by time, and the text's own sort key. Made
-- after the rows are in. Idempotent.
CREATE INDEX IF NOT EXISTS events_by_time ON events (event_time);
CREATE INDEX IF NOT EXISTS events_by_user ON events (user_id, event_time DESC);
CREATE INDEX IF NOT EXISTS events_by_session ON events (session_id);
CREATE INDEX IF NOT EXISTS events_by_page ON events (page_url, event_time DESC);
CREATE INDEX IF NOT EXISTS events_by_type ON events (event_type, country, event_time);
