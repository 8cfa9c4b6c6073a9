-- The commerce case, as fixed: what becomes of an order after it was placed, and of stock besides orders. Run it after
-- checkout.sql; idempotent as that is. Functions answer a verdict; nothing is changed unless it is 'ok'.
--
-- Locks are taken in one order by all of them and by place_order: the order's row, then stock by product and warehouse.

-- Moves the units of orders between the counters of their stock rows, and writes the ledger. `part` says what an order
-- holds now: 'reserved' or 'sold'. The orders' rows are locked by the caller.
CREATE OR REPLACE FUNCTION move_units(chosen bigint[], part text, kind text, actor text) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  -- What orders took from pools reaches the counters, all of it and in its order, before anything else does (unit-rows.sql).
  -- Whether there are pools, not whether anything has been taken yet: that may happen while locks are waited for, and an
  -- order that this one waited for would then come after it in one stock row and before it in another.
  has_pools constant boolean := EXISTS (SELECT FROM hot_stock);
BEGIN
  -- Rows are locked in the one order before any is changed, since an UPDATE of many locks them as it finds them (E-08).
  PERFORM FROM (SELECT a.inventory_id FROM unnest(chosen) AS c(id)
      JOIN order_item_allocations a ON a.shard = shard_of(c.id) AND a.order_id = c.id
      UNION SELECT h.inventory_id FROM hot_stock h WHERE has_pools) held
    JOIN inventory i ON i.shard = shard_of(held.inventory_id) AND i.inventory_id = held.inventory_id
  ORDER BY i.product_id, i.warehouse_id FOR NO KEY UPDATE OF i;
  IF has_pools THEN PERFORM fold_takings(); END IF;
  WITH moves AS MATERIALIZED (
    SELECT a.order_id, a.inventory_id, a.quantity,
      row_number() OVER (PARTITION BY a.inventory_id ORDER BY a.order_id, a.line_number) AS turn
    FROM unnest(chosen) AS c(id) JOIN order_item_allocations a ON a.shard = shard_of(c.id) AND a.order_id = c.id
  ), sums AS (
    SELECT m.inventory_id, sum(m.quantity)::integer AS units, count(*) AS turns FROM moves m GROUP BY m.inventory_id
  ), changed AS (
    UPDATE inventory i SET
      quantity_available = i.quantity_available + CASE WHEN kind = 'sell' THEN 0 ELSE s.units END,
      quantity_reserved = i.quantity_reserved - CASE WHEN part = 'reserved' THEN s.units ELSE 0 END,
      quantity_sold = i.quantity_sold + CASE WHEN kind = 'sell' THEN s.units WHEN part = 'sold' THEN -s.units ELSE 0 END,
      version = i.version + s.turns, last_updated = clock_timestamp()
    FROM sums s WHERE i.shard = shard_of(s.inventory_id) AND i.inventory_id = s.inventory_id
    RETURNING i.inventory_id, i.version - s.turns AS before
  )
  INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
    delta_reserved, delta_sold, transaction_type, created_by, shard)
  SELECT next_transaction_id(m.inventory_id), m.inventory_id, m.order_id, c.before + m.turn,
    CASE WHEN kind = 'sell' THEN 0 ELSE m.quantity END,
    CASE WHEN part = 'reserved' THEN -m.quantity ELSE 0 END,
    CASE WHEN kind = 'sell' THEN m.quantity WHEN part = 'sold' THEN -m.quantity ELSE 0 END,
    kind, actor, shard_of(m.inventory_id)
  FROM moves m JOIN changed c USING (inventory_id);
  UPDATE reservations r SET state = CASE WHEN kind = 'sell' THEN 'captured' ELSE 'released' END
  FROM unnest(chosen) AS c(id) WHERE r.order_id = c.id AND r.state IN ('held', 'open');
END $$;

-- Takes the money, once: reserved units are sold, the order is confirmed (E-14). Verdicts: ok, unknown-order, cancelled.
CREATE OR REPLACE FUNCTION capture_payment(paid_order bigint, payment bigint, OUT verdict text, OUT changed boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  known record;
BEGIN
  changed := false;
  SELECT o.status, o.payment_status, o.total_minor, o.currency INTO known FROM orders o
  WHERE o.shard = shard_of(paid_order) AND o.order_id = paid_order FOR NO KEY UPDATE;
  verdict := CASE WHEN NOT FOUND THEN 'unknown-order' WHEN known.payment_status = 'paid' THEN 'ok'
    WHEN known.status = 'cancelled' OR known.payment_status = 'refunded' THEN 'cancelled' ELSE 'ok' END;
  IF verdict <> 'ok' OR known.payment_status = 'paid' THEN RETURN; END IF;
  -- fault point capture.units
  PERFORM move_units(ARRAY[paid_order], 'reserved', 'sell', 'payment:' || payment);
  UPDATE orders o SET status = 'confirmed', payment_status = 'paid'
  WHERE o.shard = shard_of(paid_order) AND o.order_id = paid_order;
  INSERT INTO payments (payment_id, order_id, amount_minor, currency, kind, shard)
  VALUES (payment, paid_order, known.total_minor, known.currency, 'capture', shard_of(paid_order));
  -- fault point capture.outbox
  INSERT INTO outbox (aggregate_id, kind, payload)
  VALUES (paid_order, 'order.paid', jsonb_build_object('order', paid_order::text));
  changed := true;
END $$;

-- Takes an order back before it ships: what it holds is free again. Verdicts: ok, unknown-order, too-late.
CREATE OR REPLACE FUNCTION cancel_order(customer bigint, gone bigint, OUT verdict text, OUT changed boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  known record;
BEGIN
  changed := false;
  SELECT o.status, o.customer_id INTO known FROM orders o
  WHERE o.shard = shard_of(gone) AND o.order_id = gone FOR NO KEY UPDATE;
  verdict := CASE WHEN NOT FOUND OR known.customer_id <> customer THEN 'unknown-order'
    WHEN known.status IN ('shipped', 'delivered') THEN 'too-late' ELSE 'ok' END;
  IF verdict <> 'ok' OR known.status = 'cancelled' THEN RETURN; END IF;
  PERFORM move_units(ARRAY[gone], CASE known.status WHEN 'pending' THEN 'reserved' ELSE 'sold' END, 'release',
    'customer:' || customer);
  UPDATE orders o SET status = 'cancelled' WHERE o.shard = shard_of(gone) AND o.order_id = gone;
  -- fault point cancel.outbox
  INSERT INTO outbox (aggregate_id, kind, payload)
  VALUES (gone, 'order.cancelled', jsonb_build_object('order', gone::text));
  changed := true;
END $$;

-- Gives the money back, once, for an order that was cancelled or that came back whole.
-- Verdicts: ok, unknown-order, not-paid, not-returned.
CREATE OR REPLACE FUNCTION refund_order(refunded bigint, payment bigint, OUT verdict text, OUT changed boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  known record;
BEGIN
  changed := false;
  SELECT o.status, o.payment_status, o.total_minor, o.currency INTO known FROM orders o
  WHERE o.shard = shard_of(refunded) AND o.order_id = refunded FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    verdict := 'unknown-order';
  ELSIF known.payment_status <> 'paid' THEN
    verdict := CASE known.payment_status WHEN 'refunded' THEN 'ok' ELSE 'not-paid' END;
  ELSIF known.status <> 'cancelled' AND EXISTS (SELECT FROM order_items i
      WHERE i.shard = shard_of(refunded) AND i.order_id = refunded AND i.status <> 'returned') THEN
    verdict := 'not-returned';
  ELSE
    UPDATE orders o SET payment_status = 'refunded' WHERE o.shard = shard_of(refunded) AND o.order_id = refunded;
    INSERT INTO payments (payment_id, order_id, amount_minor, currency, kind, shard)
    VALUES (payment, refunded, known.total_minor, known.currency, 'refund', shard_of(refunded));
    INSERT INTO outbox (aggregate_id, kind, payload)
    VALUES (refunded, 'order.refunded', jsonb_build_object('order', refunded::text));
    verdict := 'ok';
    changed := true;
  END IF;
END $$;

-- Hands an order to the carrier, or says that it has arrived, with all its items: `step` is 'shipped' or 'delivered'.
-- Verdicts: ok, unknown-order, not-confirmed, not-shipped.
CREATE OR REPLACE FUNCTION forward_order(forwarded bigint, step text, tracking text, OUT verdict text, OUT changed boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  now_is text;
BEGIN
  changed := false;
  SELECT o.status INTO now_is FROM orders o
  WHERE o.shard = shard_of(forwarded) AND o.order_id = forwarded FOR NO KEY UPDATE;
  verdict := CASE WHEN NOT FOUND THEN 'unknown-order' WHEN now_is = step OR now_is = 'delivered' THEN 'ok'
    WHEN step = 'shipped' AND now_is <> 'confirmed' THEN 'not-confirmed'
    WHEN step = 'delivered' AND now_is <> 'shipped' THEN 'not-shipped' ELSE 'ok' END;
  IF verdict <> 'ok' OR now_is = step OR now_is = 'delivered' THEN RETURN; END IF;
  UPDATE orders o SET status = step, tracking_number = coalesce(tracking, o.tracking_number)
  WHERE o.shard = shard_of(forwarded) AND o.order_id = forwarded;
  UPDATE order_items i SET status = step WHERE i.shard = shard_of(forwarded) AND i.order_id = forwarded;
  INSERT INTO outbox (aggregate_id, kind, payload)
  VALUES (forwarded, 'order.' || step, jsonb_build_object('order', forwarded::text));
  changed := true;
END $$;

-- Takes one line back into stock, once. Verdicts: ok, unknown-order, not-delivered.
CREATE OR REPLACE FUNCTION return_item(customer bigint, sent_back bigint, line smallint, OUT verdict text, OUT changed boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  owner bigint;
  now_is text;
BEGIN
  changed := false;
  SELECT o.customer_id INTO owner FROM orders o
  WHERE o.shard = shard_of(sent_back) AND o.order_id = sent_back FOR NO KEY UPDATE;
  SELECT i.status INTO now_is FROM order_items i
  WHERE i.shard = shard_of(sent_back) AND i.order_id = sent_back AND i.line_number = line;
  verdict := CASE WHEN owner IS DISTINCT FROM customer OR now_is IS NULL THEN 'unknown-order'
    WHEN now_is IN ('delivered', 'returned') THEN 'ok' ELSE 'not-delivered' END;
  IF verdict <> 'ok' OR now_is = 'returned' THEN RETURN; END IF;
  UPDATE order_items i SET status = 'returned'
  WHERE i.shard = shard_of(sent_back) AND i.order_id = sent_back AND i.line_number = line;
  PERFORM FROM order_item_allocations a JOIN inventory i ON i.shard = shard_of(a.inventory_id) AND i.inventory_id = a.inventory_id
  WHERE a.shard = shard_of(sent_back) AND a.order_id = sent_back AND a.line_number = line
  ORDER BY i.product_id, i.warehouse_id FOR NO KEY UPDATE OF i;
  WITH changed AS (
    UPDATE inventory i SET quantity_available = i.quantity_available + a.quantity,
      quantity_sold = i.quantity_sold - a.quantity, version = i.version + 1, last_updated = clock_timestamp()
    FROM order_item_allocations a
    WHERE a.shard = shard_of(sent_back) AND a.order_id = sent_back AND a.line_number = line
      AND i.shard = shard_of(a.inventory_id) AND i.inventory_id = a.inventory_id
    RETURNING i.inventory_id, a.quantity, i.version
  )
  INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
    delta_reserved, delta_sold, transaction_type, created_by, shard)
  SELECT next_transaction_id(c.inventory_id), c.inventory_id, sent_back, c.version, c.quantity, 0, -c.quantity,
    'restock', 'customer:' || customer, shard_of(c.inventory_id)
  FROM changed c;
  INSERT INTO outbox (aggregate_id, kind, payload)
  VALUES (sent_back, 'item.returned', jsonb_build_object('order', sent_back::text, 'line', line));
  changed := true;
END $$;

-- New units in a warehouse. Verdicts: ok, unknown-stock.
CREATE OR REPLACE FUNCTION restock(product bigint, place integer, units integer, OUT verdict text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  WITH changed AS (
    UPDATE inventory i SET quantity_available = i.quantity_available + units, version = i.version + 1,
      last_updated = clock_timestamp()
    WHERE i.product_id = product AND i.warehouse_id = place RETURNING i.inventory_id, i.version
  )
  INSERT INTO inventory_transactions (transaction_id, inventory_id, inventory_version, delta_available, delta_reserved,
    delta_sold, transaction_type, created_by, shard)
  SELECT next_transaction_id(c.inventory_id), c.inventory_id, c.version, units, 0, 0, 'restock', 'warehouse:' || place,
    shard_of(c.inventory_id)
  FROM changed c;
  verdict := CASE WHEN FOUND THEN 'ok' ELSE 'unknown-stock' END;
END $$;

-- Cancels at most `most` orders whose reservation has expired, and frees what they held (E-13). Orders that somebody is
-- just paying are left to the next sweep. Answers how many. The moment is the statement's: an index cannot be asked with
-- one that moves.
CREATE OR REPLACE FUNCTION sweep_reservations(most integer) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  expired bigint[];
BEGIN
  SELECT array_agg(o.order_id) INTO expired FROM (
    SELECT o.order_id FROM (
      SELECT DISTINCT r.order_id FROM reservations r WHERE r.state = 'open' AND r.expires_at <= statement_timestamp()
      ORDER BY r.order_id LIMIT most) due
    JOIN orders o ON o.shard = shard_of(due.order_id) AND o.order_id = due.order_id AND o.status = 'pending'
    FOR NO KEY UPDATE OF o SKIP LOCKED) o;
  IF expired IS NULL THEN RETURN 0; END IF;
  PERFORM move_units(expired, 'reserved', 'release', 'sweeper');
  UPDATE orders o SET status = 'cancelled' FROM unnest(expired) AS e(id) WHERE o.shard = shard_of(e.id) AND o.order_id = e.id;
  INSERT INTO outbox (aggregate_id, kind, payload)
  SELECT e.id, 'order.cancelled', jsonb_build_object('order', e.id::text) FROM unnest(expired) AS e(id);
  RETURN cardinality(expired);
END $$;

-- How long the key of a request answers its repetitions (E-21).
CREATE OR REPLACE FUNCTION key_life() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '24 hours';

-- Forgets at most `most` keys whose life is over: the same request is a new order then. Keys of orders that are still
-- coming into being are the saga's (saga.sql). Answers how many. New pages have no summary in the index, and are read each
-- time: not something to do every second.
CREATE OR REPLACE FUNCTION purge_keys(most integer) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  purged integer;
BEGIN
  DELETE FROM idempotency_keys k USING (
    SELECT o.shard, o.customer_id, o.key FROM idempotency_keys o
    WHERE o.created_at < statement_timestamp() - key_life() AND o.state = 'done' LIMIT most) old
  WHERE k.shard = old.shard AND k.customer_id = old.customer_id AND k.key = old.key;
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END $$;
