-- The commerce case, as fixed, strategy checkout=saga (E-06, C-11): an order without a transaction that spans shards. Stock
-- is on the shards of its warehouses, orders and keys on those of their customers, as if in databases of their own. Run it
-- after fulfilment.sql; idempotent as that is.
--
--   claim_order    customer's shard   the key is claimed for a new order's id, and the order is quoted
--   reserve_at     each warehouse     units are taken, and held for so long as the order may still come into being
--   finish_order   customer's shard   the order, its items, its event; the key is done
--   confirm_at     each warehouse     what was held is reserved until it is paid
--
-- Each is a transaction of its own that reads and writes one shard (the catalogue is on all of them), and can be repeated.
-- An order that does not come into being is abandoned first, on the customer's shard, so that it cannot come into being any
-- more; then what it holds is released. So does the sweeper with what a crash has left.

CREATE INDEX IF NOT EXISTS reservations_held_idx ON reservations (expires_at) WHERE state = 'held';
CREATE INDEX IF NOT EXISTS idempotency_keys_in_progress_idx ON idempotency_keys (shard, order_id)
  WHERE state = 'in-progress';

-- Claims a key for an order that may come into being, unless the key was used, and quotes the order. A claim that is older
-- than `lease_seconds` is taken over by its repetition: the order that it was made for cannot come into being any more.
-- Verdicts: those of quote_order, in-progress, key-reused; `placed` is the order that a replay answers.
CREATE OR REPLACE FUNCTION claim_order(customer bigint, new_order bigint, address bigint, wanted_currency text,
  request_key text, hash bytea, asked bigint[], quantities integer[], seen_prices bigint[], lease_seconds integer,
  OUT verdict text, OUT placed bigint, OUT total bigint, OUT money char(3), OUT is_replay boolean, OUT nearest integer[])
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  own constant smallint := shard_of(customer);
  known record;
  quote record;
BEGIN
  is_replay := false;
  SELECT k.request_hash = hash AS is_same, k.order_id, k.total_minor, k.currency,
    k.created_at > clock_timestamp() - make_interval(secs => lease_seconds) AS is_fresh INTO known
  FROM idempotency_keys k WHERE k.shard = own AND k.customer_id = customer AND k.key = request_key FOR UPDATE;
  IF FOUND AND (NOT known.is_same OR known.total_minor IS NOT NULL OR known.is_fresh) THEN
    verdict := CASE WHEN NOT known.is_same THEN 'key-reused' WHEN known.total_minor IS NULL THEN 'in-progress' ELSE 'ok' END;
    is_replay := verdict = 'ok';
    placed := known.order_id;
    total := known.total_minor;
    money := known.currency;
    RETURN;
  END IF;
  quote := quote_order(customer, address, wanted_currency, asked, quantities, seen_prices);
  verdict := quote.verdict;
  nearest := quote.nearest;
  IF verdict <> 'ok' THEN RETURN; END IF;
  IF known.order_id IS NOT NULL THEN
    UPDATE idempotency_keys k SET order_id = new_order, created_at = clock_timestamp()
    WHERE k.shard = own AND k.customer_id = customer AND k.key = request_key;
  ELSE
    INSERT INTO idempotency_keys (customer_id, key, request_hash, state, order_id, shard)
    VALUES (customer, request_key, hash, 'in-progress', new_order, own) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN verdict := 'in-progress'; END IF;
  END IF;
END $$;

-- What the warehouses have of products, and their stock rows: a hint, read without locks, which a directory that is a
-- moment old could answer as well. Of all statements it alone asks several warehouses at once.
CREATE OR REPLACE FUNCTION stock_hints(products bigint[])
RETURNS TABLE (product_id bigint, inventory_id bigint, warehouse_id integer, units integer)
LANGUAGE sql STABLE AS $$
  SELECT i.product_id, i.inventory_id, i.warehouse_id, i.quantity_available
  FROM unnest(products) AS p(id) JOIN inventory i ON i.product_id = p.id WHERE i.quantity_available > 0;
$$;

-- Holds units of stock rows of one warehouse for an order: `units` of each row in all, or what it held of it before. The rows
-- come in ascending order of their products (E-08). Answers the lines that are held so; a repetition answers the same and
-- takes nothing.
CREATE OR REPLACE FUNCTION reserve_at(holder bigint, customer bigint, lines integer[], inventories bigint[],
  units integer[], hold_seconds integer) RETURNS integer[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  place constant smallint := shard_of(inventories[1]);
  held integer[] := '{}';
  known record;
  more integer;
  new_version bigint;
BEGIN
  -- A repetition waits for the first.
  PERFORM pg_advisory_xact_lock(hashtextextended('saga', holder));
  FOR n IN 1 .. cardinality(inventories) LOOP
    SELECT r.state, r.quantity INTO known FROM reservations r
    WHERE r.order_id = holder AND r.line_number = lines[n] AND r.inventory_id = inventories[n] AND r.shard = place;
    -- The order was abandoned meanwhile.
    CONTINUE WHEN known.state <> 'held';
    more := units[n] - coalesce(known.quantity, 0);
    IF more <= 0 THEN
      held := held || lines[n];
      CONTINUE;
    END IF;
    UPDATE inventory i SET quantity_available = i.quantity_available - more,
      quantity_reserved = i.quantity_reserved + more, version = i.version + 1, last_updated = clock_timestamp()
    WHERE i.shard = place AND i.inventory_id = inventories[n] AND i.quantity_available >= more
    RETURNING i.version INTO new_version;
    CONTINUE WHEN NOT FOUND;
    INSERT INTO reservations (order_id, line_number, inventory_id, quantity, expires_at, state, shard)
    VALUES (holder, lines[n], inventories[n], units[n], clock_timestamp() + make_interval(secs => hold_seconds), 'held', place)
    ON CONFLICT (order_id, line_number, inventory_id, shard) DO UPDATE SET quantity = EXCLUDED.quantity;
    INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
      delta_reserved, delta_sold, transaction_type, created_by, shard)
    VALUES (next_transaction_id(inventories[n]), inventories[n], holder, new_version, -more, more, 0, 'reserve',
      'customer:' || customer, place);
    held := held || lines[n];
  END LOOP;
  RETURN held;
END $$;

-- Writes the order whose units are held, unless it was abandoned, or its key taken over. Prices are read again: they are
-- those that the customer saw, or the order is refused. A repetition answers the same. Verdicts: those of quote_order, abandoned.
CREATE OR REPLACE FUNCTION finish_order(customer bigint, new_order bigint, new_number text, address bigint,
  wanted_currency text, request_key text, asked bigint[], quantities integer[], seen_prices bigint[],
  line_numbers integer[], line_inventories bigint[], line_places integer[], line_units integer[],
  OUT verdict text, OUT placed bigint, OUT total bigint, OUT money char(3), OUT is_replay boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  own constant smallint := shard_of(customer);
  quote record;
BEGIN
  is_replay := false;
  SELECT CASE k.state WHEN 'done' THEN 'ok' END, k.order_id, k.total_minor, k.currency INTO verdict, placed, total, money
  FROM idempotency_keys k
  WHERE k.shard = own AND k.customer_id = customer AND k.key = request_key AND k.order_id = new_order FOR UPDATE;
  IF NOT FOUND THEN verdict := 'abandoned'; END IF;
  IF verdict IS NOT NULL THEN RETURN; END IF;
  quote := quote_order(customer, address, wanted_currency, asked, quantities, seen_prices);
  verdict := quote.verdict;
  IF verdict <> 'ok' THEN RETURN; END IF;
  PERFORM record_order(customer, new_order, new_number, address, asked, quantities, quote, line_numbers, line_inventories,
    line_places, line_units);
  UPDATE idempotency_keys k SET state = 'done', total_minor = quote.total, currency = quote.money
  WHERE k.shard = own AND k.customer_id = customer AND k.key = request_key;
  total := quote.total;
  money := quote.money;
END $$;

-- Reserves what is held on a warehouse's shard until `hold_seconds` after the order was placed. For an order that is there.
CREATE OR REPLACE FUNCTION confirm_at(holder bigint, place smallint, hold_seconds integer) RETURNS void
LANGUAGE sql AS $$
  UPDATE reservations r SET state = 'open', expires_at = time_of(holder) + make_interval(secs => hold_seconds)
  WHERE r.order_id = holder AND r.shard = place AND r.state = 'held';
$$;

-- Sees to it that an order that is not there will not come into being: its key can be used again. Answers whether the order
-- is there; then nothing was changed.
CREATE OR REPLACE FUNCTION abandon_order(gone bigint) RETURNS boolean
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  -- Waits for a finish_order that is just writing it.
  DELETE FROM idempotency_keys k WHERE k.shard = shard_of(gone) AND k.order_id = gone AND k.state = 'in-progress';
  RETURN EXISTS (SELECT FROM orders o WHERE o.shard = shard_of(gone) AND o.order_id = gone);
END $$;

-- Frees what is held on a warehouse's shard for an order that will not come into being. The ledger names that order, and
-- 'saga' as who released it: audits let no other rows name an order that is not there.
CREATE OR REPLACE FUNCTION release_at(holder bigint, place smallint) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  freed integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('saga', holder));
  PERFORM FROM reservations r JOIN inventory i ON i.shard = r.shard AND i.inventory_id = r.inventory_id
  WHERE r.order_id = holder AND r.shard = place AND r.state = 'held'
  ORDER BY i.product_id, i.warehouse_id FOR NO KEY UPDATE OF i;
  WITH gone AS (
    UPDATE reservations r SET state = 'released'
    WHERE r.order_id = holder AND r.shard = place AND r.state = 'held' RETURNING r.inventory_id, r.quantity
  ), changed AS (
    UPDATE inventory i SET quantity_available = i.quantity_available + g.quantity,
      quantity_reserved = i.quantity_reserved - g.quantity, version = i.version + 1, last_updated = clock_timestamp()
    FROM gone g WHERE i.shard = place AND i.inventory_id = g.inventory_id
    RETURNING i.inventory_id, g.quantity, i.version
  ), written AS (
    INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
      delta_reserved, delta_sold, transaction_type, created_by, shard)
    SELECT next_transaction_id(c.inventory_id), c.inventory_id, holder, c.version, c.quantity, -c.quantity, 0, 'release',
      'saga', place
    FROM changed c RETURNING 1
  )
  SELECT count(*) INTO freed FROM written;
  RETURN freed;
END $$;

-- Orders that may have been left half-way: those whose held units have expired, and those whose claim is older than
-- `lease_seconds`, at most `most`, and the shards on which they hold something.
CREATE OR REPLACE FUNCTION unfinished_orders(lease_seconds integer, most integer)
RETURNS TABLE (order_id bigint, places integer[])
LANGUAGE sql VOLATILE AS $$
  SELECT due.order_id, ARRAY(SELECT DISTINCT r.shard::integer FROM reservations r
    WHERE r.order_id = due.order_id AND r.state = 'held')
  FROM (
    SELECT r.order_id FROM reservations r WHERE r.state = 'held' AND r.expires_at <= statement_timestamp()
    UNION
    SELECT k.order_id FROM idempotency_keys k
    WHERE k.state = 'in-progress' AND k.created_at <= statement_timestamp() - make_interval(secs => lease_seconds)
    LIMIT most) due;
$$;
