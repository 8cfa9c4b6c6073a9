-- The commerce case, as fixed, strategy checkout=unit-rows (E-43, C-10): of hot products there is one row a unit, so that
-- orders that want the same item take different rows instead of waiting for one counter. Run it after fulfilment.sql;
-- idempotent as that is.
--
-- A stock row's units are in three places while its product is hot: quantity_available (free), quantity_pooled (rows of
-- stock_units, and what has been taken of them and not been counted yet), quantity_reserved and quantity_sold as always.
-- The ledger knows free and pooled units together as available. Moving units between the two is no change for it.
--
-- An order deletes unit rows and writes what it took to unit_takings; it does not touch the stock row. Folding brings the
-- counters up to date and writes the ledger, with the versions that the stock row then has. Everything that has been
-- taken of any stock row is folded at once, in the order of the moments at which the orders had all their locks: so the
-- versions tell one order of events for all stock rows.
--
-- Locks, as everywhere: stock by product and warehouse, ascending. Unit rows come after the stock rows of their product.

CREATE TABLE IF NOT EXISTS hot_stock (
  inventory_id bigint NOT NULL,
  product_id   bigint NOT NULL,
  PRIMARY KEY (product_id, inventory_id)
);

CREATE TABLE IF NOT EXISTS stock_units (
  unit_number  bigint   GENERATED ALWAYS AS IDENTITY,
  inventory_id bigint   NOT NULL,
  shard        smallint NOT NULL,
  PRIMARY KEY (shard, inventory_id, unit_number),
  CONSTRAINT stock_units_shard_check CHECK (shard = ((inventory_id >> 14) & 255))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- A ledger row that waits for its version.
CREATE TABLE IF NOT EXISTS unit_takings (
  order_id     bigint      NOT NULL,
  inventory_id bigint      NOT NULL,
  customer_id  bigint      NOT NULL,
  taken_at     timestamptz NOT NULL,
  quantity     integer     NOT NULL,
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, inventory_id, order_id),
  CONSTRAINT unit_takings_shard_check CHECK (shard = ((inventory_id >> 14) & 255)),
  CONSTRAINT unit_takings_quantity_check CHECK (quantity > 0)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- At most so many unit rows of one item in one warehouse (C-10: Shopify's cap).
CREATE OR REPLACE FUNCTION pool_cap() RETURNS integer LANGUAGE sql IMMUTABLE RETURN 1000;

-- Fills the pools of hot products up to the cap, as far as there are free units. Answers how many units moved.
CREATE OR REPLACE FUNCTION fill_pools(products bigint[]) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  moved integer;
BEGIN
  PERFORM FROM hot_stock h JOIN inventory i ON i.shard = shard_of(h.inventory_id) AND i.inventory_id = h.inventory_id
  WHERE h.product_id = ANY (products) ORDER BY i.product_id, i.warehouse_id FOR NO KEY UPDATE OF i;
  -- A statement of its own: it sees the rows that whoever held the locks has added.
  WITH changed AS (
    UPDATE inventory i SET quantity_available = i.quantity_available - room.units,
      quantity_pooled = i.quantity_pooled + room.units, last_updated = clock_timestamp()
    FROM hot_stock h JOIN inventory j ON j.shard = shard_of(h.inventory_id) AND j.inventory_id = h.inventory_id
    CROSS JOIN LATERAL (SELECT least(j.quantity_available, pool_cap() - count(*))::integer AS units FROM stock_units u
      WHERE u.shard = j.shard AND u.inventory_id = j.inventory_id) room
    WHERE h.product_id = ANY (products) AND i.shard = j.shard AND i.inventory_id = j.inventory_id AND room.units > 0
    RETURNING i.shard, i.inventory_id, room.units
  ), made AS (
    INSERT INTO stock_units (inventory_id, shard)
    SELECT c.inventory_id, c.shard FROM changed c CROSS JOIN generate_series(1, c.units) RETURNING 1
  )
  SELECT count(*) INTO moved FROM made;
  RETURN moved;
END $$;

-- Makes these products hot and no others: pools are filled; units of products that are hot no longer become free again.
-- Idempotent. Empty where another strategy is chosen.
CREATE OR REPLACE FUNCTION choose_hot_products(products bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  -- One process at a time, and before any stock row is locked.
  PERFORM pg_advisory_xact_lock(hashtextextended('hot products', 0));
  PERFORM FROM hot_stock h JOIN inventory i ON i.shard = shard_of(h.inventory_id) AND i.inventory_id = h.inventory_id
  ORDER BY i.product_id, i.warehouse_id FOR NO KEY UPDATE OF i;
  PERFORM fold_takings();
  WITH cooled AS (
    DELETE FROM hot_stock h WHERE h.product_id <> ALL (products) RETURNING h.inventory_id
  ), emptied AS (
    DELETE FROM stock_units u USING cooled c WHERE u.shard = shard_of(c.inventory_id) AND u.inventory_id = c.inventory_id
    RETURNING u.inventory_id
  )
  UPDATE inventory i SET quantity_available = i.quantity_available + e.units, quantity_pooled = i.quantity_pooled - e.units
  FROM (SELECT inventory_id, count(*)::integer AS units FROM emptied GROUP BY 1) e
  WHERE i.shard = shard_of(e.inventory_id) AND i.inventory_id = e.inventory_id;
  INSERT INTO hot_stock (inventory_id, product_id)
  SELECT i.inventory_id, i.product_id FROM inventory i WHERE i.product_id = ANY (products)
  ON CONFLICT DO NOTHING;
  PERFORM fill_pools(products);
END $$;

-- Deletes `wanted` unit rows of a product, of the nearest warehouse's first; all of them or none. Rows that other orders
-- are just taking are passed over, or, where it `waits`, waited for: from the other end, where few others are.
-- Answers parallel arrays, empty where there were too few; then nothing is changed or locked.
CREATE OR REPLACE FUNCTION pick_units(product bigint, wanted integer, nearest integer[], waits boolean,
  OUT inventories bigint[], OUT places integer[], OUT units integer[])
LANGUAGE plpgsql AS $$
BEGIN
  -- A nested loop asks one warehouse after the other, and stops when it has enough: only those rows are locked.
  IF waits THEN
    WITH picked AS MATERIALIZED (
      SELECT w.warehouse_id, u.* FROM (
        SELECT i.shard, i.inventory_id, i.warehouse_id FROM inventory i WHERE i.product_id = product
        ORDER BY array_position(nearest, i.warehouse_id)) w
      CROSS JOIN LATERAL (SELECT s.shard, s.inventory_id, s.unit_number FROM stock_units s
        WHERE s.shard = w.shard AND s.inventory_id = w.inventory_id
        ORDER BY s.unit_number DESC LIMIT wanted FOR UPDATE) u
      LIMIT wanted
    ), gone AS (
      DELETE FROM stock_units s USING picked p
      WHERE s.shard = p.shard AND s.inventory_id = p.inventory_id AND s.unit_number = p.unit_number
      RETURNING p.inventory_id, p.warehouse_id
    ), sums AS (
      SELECT g.inventory_id, g.warehouse_id, count(*)::integer AS units FROM gone g GROUP BY 1, 2
    )
    SELECT array_agg(s.inventory_id), array_agg(s.warehouse_id), array_agg(s.units) INTO inventories, places, units
    FROM sums s;
  ELSE
    WITH picked AS MATERIALIZED (
      SELECT w.warehouse_id, u.* FROM (
        SELECT i.shard, i.inventory_id, i.warehouse_id FROM inventory i WHERE i.product_id = product
        ORDER BY array_position(nearest, i.warehouse_id)) w
      CROSS JOIN LATERAL (SELECT s.shard, s.inventory_id, s.unit_number FROM stock_units s
        WHERE s.shard = w.shard AND s.inventory_id = w.inventory_id
        ORDER BY s.unit_number LIMIT wanted FOR UPDATE SKIP LOCKED) u
      LIMIT wanted
    ), gone AS (
      DELETE FROM stock_units s USING picked p
      WHERE s.shard = p.shard AND s.inventory_id = p.inventory_id AND s.unit_number = p.unit_number
      RETURNING p.inventory_id, p.warehouse_id
    ), sums AS (
      SELECT g.inventory_id, g.warehouse_id, count(*)::integer AS units FROM gone g GROUP BY 1, 2
    )
    SELECT array_agg(s.inventory_id), array_agg(s.warehouse_id), array_agg(s.units) INTO inventories, places, units
    FROM sums s;
  END IF;
  -- Undoes the block: whoever waits for stock may hold none of its units, or two orders could wait for each other.
  IF coalesce((SELECT sum(n) FROM unnest(units) n), 0) < wanted THEN RAISE EXCEPTION USING ERRCODE = 'AR001'; END IF;
EXCEPTION WHEN SQLSTATE 'AR001' THEN
  inventories := '{}';
  places := '{}';
  units := '{}';
END $$;

-- Takes `wanted` units of a product for an order: unit rows where the product is hot, else as reserve_units does. Answers
-- what that answers; versions are null for unit rows. A product whose pools are empty has them filled by the order that
-- found them so. Empty arrays only when all units that are left, taken ones that may come back included, are too few.
CREATE OR REPLACE FUNCTION take_units(product bigint, wanted integer, nearest integer[],
  OUT inventories bigint[], OUT places integer[], OUT units integer[], OUT versions bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  waits boolean := false;
BEGIN
  IF NOT EXISTS (SELECT FROM hot_stock h WHERE h.product_id = product) THEN
    SELECT r.* INTO inventories, places, units, versions FROM reserve_units(product, wanted, nearest) r;
    RETURN;
  END IF;
  LOOP
    SELECT p.* INTO inventories, places, units FROM pick_units(product, wanted, nearest, waits) p;
    versions := array_fill(NULL::bigint, ARRAY[cardinality(units)]);
    IF cardinality(units) > 0 THEN RETURN; END IF;
    -- Of one moment: a unit that another order is taking or putting back is still there, or there again.
    IF (SELECT coalesce(sum(i.quantity_available + (SELECT count(*) FROM stock_units u
        WHERE u.shard = i.shard AND u.inventory_id = i.inventory_id)), 0) FROM inventory i WHERE i.product_id = product)
      < wanted THEN RETURN; END IF;
    PERFORM fill_pools(ARRAY[product]);
    waits := true;
  END LOOP;
END $$;

-- Gives units from pools (those without a version) back to them: an order is not placed after all.
CREATE OR REPLACE FUNCTION put_back_units(inventories bigint[], units integer[], versions bigint[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO stock_units (inventory_id, shard)
  SELECT u.inventory, shard_of(u.inventory) FROM unnest(inventories, units, versions) AS u(inventory, units, version)
  CROSS JOIN generate_series(1, u.units) WHERE u.version IS NULL;
$$;

-- Counts what has been taken from pools: counters, versions, ledger. The caller has locked all hot stock. Answers how many
-- takings there were.
CREATE OR REPLACE FUNCTION fold_takings() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  folded integer;
BEGIN
  WITH gone AS (
    DELETE FROM unit_takings t RETURNING t.*
  ), moves AS MATERIALIZED (
    SELECT g.*, row_number() OVER (PARTITION BY g.inventory_id ORDER BY g.taken_at, g.order_id) AS turn FROM gone g
  ), sums AS (
    SELECT m.inventory_id, sum(m.quantity)::integer AS units, count(*) AS turns FROM moves m GROUP BY m.inventory_id
  ), changed AS (
    UPDATE inventory i SET quantity_pooled = i.quantity_pooled - s.units,
      quantity_reserved = i.quantity_reserved + s.units, version = i.version + s.turns, last_updated = clock_timestamp()
    FROM sums s WHERE i.shard = shard_of(s.inventory_id) AND i.inventory_id = s.inventory_id
    RETURNING i.inventory_id, i.version - s.turns AS before
  ), written AS (
    INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
      delta_reserved, delta_sold, created_at, transaction_type, created_by, shard)
    SELECT next_transaction_id(m.inventory_id), m.inventory_id, m.order_id, c.before + m.turn, -m.quantity, m.quantity, 0,
      m.taken_at, 'reserve', 'customer:' || m.customer_id, m.shard
    FROM moves m JOIN changed c USING (inventory_id) RETURNING 1
  )
  SELECT count(*) INTO folded FROM written;
  RETURN folded;
END $$;

-- Housekeeping: counts what has been taken and fills the pools again that are half empty. Answers how many takings it
-- counted.
CREATE OR REPLACE FUNCTION keep_pools() RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off AS $$
DECLARE
  folded integer;
BEGIN
  IF NOT EXISTS (SELECT FROM hot_stock) AND NOT EXISTS (SELECT FROM unit_takings) THEN RETURN 0; END IF;
  PERFORM FROM hot_stock h JOIN inventory i ON i.shard = shard_of(h.inventory_id) AND i.inventory_id = h.inventory_id
  ORDER BY i.product_id, i.warehouse_id FOR NO KEY UPDATE OF i;
  folded := fold_takings();
  PERFORM fill_pools(ARRAY(SELECT DISTINCT h.product_id FROM hot_stock h
    JOIN inventory i ON i.shard = shard_of(h.inventory_id) AND i.inventory_id = h.inventory_id
    WHERE i.quantity_available > 0 AND i.quantity_pooled < pool_cap() / 2));
  RETURN folded;
END $$;
