-- The commerce case, as fixed: what orders do to stock, each in one statement of the client and one transaction. Run it
-- after postgres.sql; idempotent as that is.
--
-- Functions answer a verdict instead of raising: 'ok', or why the business said no. Nothing is changed then. Plans are
-- generic, since to plan over all months at each call costs more than to run; never a sequential scan, since a plan
-- that was made while a partition was empty would scan it whole when it has filled.
--
-- Lines beginning with "-- fault point" name places at which a test build of the function waits.

CREATE SEQUENCE IF NOT EXISTS ledger_sequence;

-- An id for a row of the ledger, on the stock row's shard: milliseconds, shard, and 14 bits of a sequence.
CREATE OR REPLACE FUNCTION next_transaction_id(inventory bigint) RETURNS bigint
LANGUAGE sql VOLATILE STRICT AS $$
  SELECT (first_id_at(clock_timestamp()) & ~4194303) | (inventory & (255 << 14)) | (nextval('ledger_sequence') & 16383);
$$;

-- Takes `wanted` units of a product for an order: from the nearest warehouse that has all of them and that nobody else
-- is busy with, else from the nearest that has them (E-11), else from several (E-15). Whoever waits for a row of a product
-- holds no other of it, or those of lower warehouses alone; callers go through products in ascending order (E-08).
-- Answers parallel arrays, empty where there is not enough; then nothing is changed.
CREATE OR REPLACE FUNCTION reserve_units(product bigint, wanted integer, nearest integer[],
  OUT inventories bigint[], OUT places integer[], OUT units integer[], OUT versions bigint[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  taken_inventory bigint;
  taken_place integer;
  taken_version bigint;
BEGIN
  UPDATE inventory i SET quantity_available = i.quantity_available - wanted,
    quantity_reserved = i.quantity_reserved + wanted, version = i.version + 1, last_updated = clock_timestamp()
  WHERE i.product_id = product AND i.quantity_available >= wanted AND i.warehouse_id = (
    SELECT c.warehouse_id FROM inventory c WHERE c.product_id = product AND c.quantity_available >= wanted
    ORDER BY array_position(nearest, c.warehouse_id) LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING i.inventory_id, i.warehouse_id, i.version INTO taken_inventory, taken_place, taken_version;
  IF taken_inventory IS NULL THEN
    -- A row that changed before it could be locked was locked all the same, and nobody may wait while he holds it: the
    -- order is tried again.
    IF EXISTS (SELECT FROM inventory c WHERE c.product_id = product AND c.xmax = pg_current_xact_id()::xid) THEN
      RAISE EXCEPTION 'stock of product % changed', product USING ERRCODE = 'serialization_failure';
    END IF;
    -- So is a row that was waited for and has too little by then: taking back the attempt lets go of it.
    BEGIN
      UPDATE inventory i SET quantity_available = i.quantity_available - wanted,
        quantity_reserved = i.quantity_reserved + wanted, version = i.version + 1, last_updated = clock_timestamp()
      WHERE i.product_id = product AND i.quantity_available >= wanted AND i.warehouse_id = (
        SELECT c.warehouse_id FROM inventory c WHERE c.product_id = product AND c.quantity_available >= wanted
        ORDER BY array_position(nearest, c.warehouse_id) LIMIT 1)
      RETURNING i.inventory_id, i.warehouse_id, i.version INTO taken_inventory, taken_place, taken_version;
      IF taken_inventory IS NULL THEN RAISE EXCEPTION USING ERRCODE = 'no_data_found'; END IF;
    EXCEPTION WHEN no_data_found THEN
      NULL;
    END;
  END IF;
  IF taken_inventory IS NOT NULL THEN
    inventories := ARRAY[taken_inventory];
    places := ARRAY[taken_place];
    units := ARRAY[wanted];
    versions := ARRAY[taken_version];
    RETURN;
  END IF;
  WITH held AS MATERIALIZED (
    SELECT c.shard, c.inventory_id, c.warehouse_id, c.quantity_available FROM inventory c
    WHERE c.product_id = product ORDER BY c.warehouse_id FOR UPDATE
  ), shares AS (
    SELECT h.*, least(h.quantity_available, greatest(0, wanted - coalesce(sum(h.quantity_available)
      OVER (ORDER BY array_position(nearest, h.warehouse_id) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::integer
      AS share, sum(h.quantity_available) OVER () AS total
    FROM held h
  ), moved AS (
    UPDATE inventory i SET quantity_available = i.quantity_available - s.share,
      quantity_reserved = i.quantity_reserved + s.share, version = i.version + 1, last_updated = clock_timestamp()
    FROM shares s WHERE i.shard = s.shard AND i.inventory_id = s.inventory_id AND s.share > 0 AND s.total >= wanted
    RETURNING i.inventory_id, i.warehouse_id, s.share, i.version
  )
  SELECT coalesce(array_agg(m.inventory_id), '{}'), coalesce(array_agg(m.warehouse_id), '{}'),
    coalesce(array_agg(m.share), '{}'), coalesce(array_agg(m.version), '{}')
  INTO inventories, places, units, versions FROM moved m;
END $$;

-- What an order costs, from one snapshot of prices (E-23, E-24), and the warehouses that are near to its address, before
-- anything is locked (E-25). Lines come merged and in ascending order of their products. `verdict` is ok, unknown-address,
-- unknown-product, inactive-product, mixed-currencies, wrong-currency or price-changed; `detail` names the product.
-- Callers bring the settings that plans are made under, and lines whose prices seen come to less than 2^62 together.
CREATE OR REPLACE FUNCTION quote_order(customer bigint, address bigint, wanted_currency text, asked bigint[],
  quantities integer[], seen_prices bigint[], OUT verdict text, OUT detail bigint, OUT prices bigint[], OUT sellers bigint[],
  OUT titles text[], OUT images text[], OUT subtotal bigint, OUT tax bigint, OUT shipping bigint, OUT total bigint,
  OUT money char(3), OUT nearest integer[])
LANGUAGE plpgsql AS $$
DECLARE
  own constant smallint := (customer >> 14) & 255;
  unknown bigint;
  inactive bigint;
  drifted bigint;
  other_money char(3);
  tax_rate integer;
BEGIN
  SELECT r.tax_basis_points, r.shipping_minor + r.shipping_unit_minor * (SELECT sum(q) FROM unnest(quantities) q),
    r.warehouses INTO tax_rate, shipping, nearest
  FROM addresses a JOIN regions r ON r.region = a.region
  WHERE a.shard = own AND a.address_id = address AND a.customer_id = customer;
  IF NOT FOUND THEN
    verdict := 'unknown-address';
    RETURN;
  END IF;

  -- Sorted once, below: an aggregate with an order of its own sorts for itself.
  SELECT array_agg(s.price_minor), array_agg(s.seller_id), array_agg(s.title), array_agg(s.image_url),
    sum(s.seen * s.quantity) FILTER (WHERE s.price_minor = s.seen), min(s.currency), max(s.currency),
    min(s.product) FILTER (WHERE s.status IS NULL OR s.status = 'deleted'),
    min(s.product) FILTER (WHERE s.status = 'inactive'), min(s.product) FILTER (WHERE s.price_minor IS DISTINCT FROM s.seen)
  INTO prices, sellers, titles, images, subtotal, money, other_money, unknown, inactive, drifted
  FROM (
    SELECT l.product, l.quantity, l.seen, p.price_minor, p.seller_id, p.title, p.currency, p.status, i.image_url
    FROM unnest(asked, quantities, seen_prices) WITH ORDINALITY AS l(product, quantity, seen, n)
    LEFT JOIN product_directory d ON d.product_id = l.product
    LEFT JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id
    LEFT JOIN product_images i ON i.product_id = l.product AND i.is_primary
    ORDER BY l.n
  ) s;
  detail := coalesce(unknown, inactive, CASE WHEN other_money = money THEN drifted END);
  verdict := CASE WHEN unknown IS NOT NULL THEN 'unknown-product' WHEN inactive IS NOT NULL THEN 'inactive-product'
    WHEN other_money <> money THEN 'mixed-currencies' WHEN money <> wanted_currency THEN 'wrong-currency'
    WHEN drifted IS NOT NULL THEN 'price-changed' ELSE 'ok' END;
  IF verdict <> 'ok' THEN RETURN; END IF;
  -- Half a minor unit goes up; no float comes near the money (E-48). In two parts, so that nothing is beyond 63 bits that
  -- the total is not.
  tax := subtotal / 10000 * tax_rate + (subtotal % 10000 * tax_rate + 5000) / 10000;
  total := subtotal + tax + shipping;
END $$;

-- Writes an order as it was quoted, its items, where their units come from, and its event (ECM-68 to ECM-74); the cart
-- loses what was ordered. `quote` is a row of quote_order; the four last arrays are parallel.
CREATE OR REPLACE FUNCTION record_order(customer bigint, new_order bigint, new_number text, address bigint, asked bigint[],
  quantities integer[], quote record, line_numbers integer[], line_inventories bigint[], line_places integer[],
  line_units integer[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  own constant smallint := (customer >> 14) & 255;
BEGIN
  -- fault point order.insert
  INSERT INTO orders (order_id, customer_id, order_number, subtotal_minor, tax_minor, shipping_minor, total_minor,
    currency, shipping_address_id, created_at, shard)
  VALUES (new_order, customer, new_number, quote.subtotal, quote.tax, quote.shipping, quote.total, quote.money, address,
    time_of(new_order), own);
  INSERT INTO order_items (order_id, line_number, product_id, seller_id, unit_price_minor, subtotal_minor, quantity,
    product_title, product_image_url, shard)
  SELECT new_order, l.n, l.product, l.seller, l.price, l.price * l.quantity, l.quantity, l.title, l.image, own
  FROM unnest(asked, quantities, quote.prices, quote.sellers, quote.titles, quote.images) WITH ORDINALITY
    AS l(product, quantity, price, seller, title, image, n);
  INSERT INTO order_item_allocations (order_id, line_number, inventory_id, warehouse_id, quantity, shard)
  SELECT new_order, l.line, l.inventory, l.place, l.units, own
  FROM unnest(line_numbers, line_inventories, line_places, line_units) AS l(line, inventory, place, units);
  -- Ids and money are text in events: a reader of JSON may take numbers for doubles (E-48).
  -- fault point order.outbox
  INSERT INTO outbox (aggregate_id, kind, payload)
  SELECT new_order, 'order.created', jsonb_build_object('order', new_order::text, 'customer', customer::text,
    'number', new_number, 'total', quote.total::text, 'currency', quote.money,
    'lines', (SELECT jsonb_agg(jsonb_build_array(l.product::text, l.seller::text, l.quantity, (l.price * l.quantity)::text))
      FROM unnest(asked, quote.sellers, quantities, quote.prices) AS l(product, seller, quantity, price)),
    'warehouses', (SELECT jsonb_object_agg(w.place, w.units) FROM (
      SELECT l.place, sum(l.units) AS units FROM unnest(line_places, line_units) AS l(place, units) GROUP BY l.place) w));
  DELETE FROM carts c WHERE c.shard = own AND c.customer_id = customer AND c.product_id = ANY (asked);
END $$;

-- Places an order: stock taken by conditional updates at READ COMMITTED (E-09), the order, its items and its event in one
-- transaction (ECM-61 to ECM-74). A key that was used before gets the first answer again (E-21). `pools` takes units of hot
-- products as rows of their own (unit-rows.sql, E-43).
-- Verdicts: those of quote_order, in-progress, key-reused, out-of-stock; `detail` names the product.
CREATE OR REPLACE FUNCTION place_order(customer bigint, new_order bigint, new_number text, address bigint,
  wanted_currency text, request_key text, hash bytea, asked bigint[], quantities integer[], seen_prices bigint[],
  hold_seconds integer, pools boolean DEFAULT false, OUT verdict text, OUT detail bigint, OUT placed bigint, OUT total bigint,
  OUT money char(3), OUT is_replay boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  own constant smallint := (customer >> 14) & 255;
  lines constant integer := cardinality(asked);
  is_same boolean;
  is_taken boolean := false;
  quote record;
  taken record;
  line_inventories bigint[] := '{}';
  line_places integer[] := '{}';
  line_units integer[] := '{}';
  -- Null for units from a pool: their stock row learns of them later.
  line_versions bigint[] := '{}';
  line_numbers integer[] := '{}';
  -- All that the order takes is locked: orders that met are in the order of these moments.
  moment timestamptz;
BEGIN
  is_replay := false;
  IF NOT pg_try_advisory_xact_lock(hashtextextended(request_key, customer)) THEN
    verdict := 'in-progress';
    RETURN;
  END IF;
  SELECT k.request_hash = hash, k.order_id, k.total_minor, k.currency INTO is_same, placed, total, money
  FROM idempotency_keys k WHERE k.shard = own AND k.customer_id = customer AND k.key = request_key;
  IF FOUND THEN
    verdict := CASE WHEN NOT is_same THEN 'key-reused' WHEN total IS NULL THEN 'in-progress' ELSE 'ok' END;
    is_replay := is_same;
    RETURN;
  END IF;
  quote := quote_order(customer, address, wanted_currency, asked, quantities, seen_prices);
  verdict := quote.verdict;
  detail := quote.detail;
  IF verdict <> 'ok' THEN RETURN; END IF;

  -- fault point order.reserve
  IF NOT pools THEN
    -- All lines at once, from rows that nobody else is busy with: nothing is waited for, so the order of locks does not
    -- matter. Where that does not find everything, it is undone and the lines are gone through one by one.
    BEGIN
      -- A warehouse a line is looked for once: in a plan that looks again for each stock row, a busy line would be made up
      -- for by a second warehouse of another one.
      WITH found AS MATERIALIZED (
        SELECT l.product, l.wanted, l.n, f.warehouse_id
        FROM unnest(asked, quantities) WITH ORDINALITY AS l(product, wanted, n)
        CROSS JOIN LATERAL (SELECT c.warehouse_id FROM inventory c
          WHERE c.product_id = l.product AND c.quantity_available >= l.wanted
          ORDER BY array_position(quote.nearest, c.warehouse_id) LIMIT 1 FOR UPDATE SKIP LOCKED) f
      ), moved AS (
        UPDATE inventory i SET quantity_available = i.quantity_available - f.wanted,
          quantity_reserved = i.quantity_reserved + f.wanted, version = i.version + 1, last_updated = clock_timestamp()
        FROM found f
        WHERE i.product_id = f.product AND i.warehouse_id = f.warehouse_id AND i.quantity_available >= f.wanted
        RETURNING i.inventory_id, i.warehouse_id, f.wanted, i.version, f.n
      )
      SELECT array_agg(m.inventory_id), array_agg(m.warehouse_id), array_agg(m.wanted), array_agg(m.version),
        array_agg(m.n), count(*) = lines
      INTO line_inventories, line_places, line_units, line_versions, line_numbers, is_taken FROM moved m;
      IF NOT is_taken THEN RAISE EXCEPTION USING ERRCODE = 'no_data_found'; END IF;
    EXCEPTION WHEN no_data_found THEN
      line_inventories := '{}';
      line_places := '{}';
      line_units := '{}';
      line_versions := '{}';
      line_numbers := '{}';
    END;
  END IF;
  FOR line IN 1 .. CASE WHEN is_taken THEN 0 ELSE lines END LOOP
    -- fault point order.reserve-line
    IF pools THEN
      taken := take_units(asked[line], quantities[line], quote.nearest);
    ELSE
      taken := reserve_units(asked[line], quantities[line], quote.nearest);
    END IF;
    IF cardinality(taken.units) = 0 THEN
      UPDATE inventory i SET quantity_available = i.quantity_available + u.units,
        quantity_reserved = i.quantity_reserved - u.units, version = i.version - 1
      FROM unnest(line_inventories, line_units, line_versions) AS u(inventory, units, version)
      WHERE i.shard = (u.inventory >> 14) & 255 AND i.inventory_id = u.inventory AND u.version IS NOT NULL;
      IF pools THEN PERFORM put_back_units(line_inventories, line_units, line_versions); END IF;
      verdict := 'out-of-stock';
      detail := asked[line];
      RETURN;
    END IF;
    line_inventories := line_inventories || taken.inventories;
    line_places := line_places || taken.places;
    line_units := line_units || taken.units;
    line_versions := line_versions || taken.versions;
    line_numbers := line_numbers || array_fill(line, ARRAY[cardinality(taken.units)]);
  END LOOP;
  moment := clock_timestamp();

  PERFORM record_order(customer, new_order, new_number, address, asked, quantities, quote, line_numbers, line_inventories,
    line_places, line_units);
  -- fault point order.reservations
  INSERT INTO reservations (order_id, line_number, inventory_id, quantity, expires_at, shard)
  SELECT new_order, l.line, l.inventory, l.units, clock_timestamp() + make_interval(secs => hold_seconds),
    shard_of(l.inventory)
  FROM unnest(line_numbers, line_inventories, line_units) AS l(line, inventory, units);
  INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, inventory_version, delta_available,
    delta_reserved, delta_sold, transaction_type, created_by, shard)
  -- next_transaction_id, with one look at the clock for all lines: to call it costs more than the row.
  SELECT (first_id_at(moment) & ~4194303) | (l.inventory & (255 << 14)) | (nextval('ledger_sequence') & 16383),
    l.inventory, new_order, l.version, -l.units, l.units, 0, 'reserve',
    'customer:' || customer, shard_of(l.inventory)
  FROM unnest(line_inventories, line_units, line_versions) AS l(inventory, units, version)
  WHERE l.version IS NOT NULL;
  IF pools THEN
    INSERT INTO unit_takings (order_id, inventory_id, customer_id, quantity, taken_at, shard)
    SELECT new_order, l.inventory, customer, l.units, moment, shard_of(l.inventory)
    FROM unnest(line_inventories, line_units, line_versions) AS l(inventory, units, version)
    WHERE l.version IS NULL;
  END IF;
  INSERT INTO idempotency_keys (customer_id, key, request_hash, state, order_id, total_minor, currency, shard)
  VALUES (customer, request_key, hash, 'done', new_order, quote.total, quote.money, own);
  -- fault point order.commit
  placed := new_order;
  total := quote.total;
  money := quote.money;
END $$;
