-- The commerce case, as fixed: tables. Idempotent: running it twice changes nothing. Run it by hand with psql in an
-- empty database, and checkout.sql after it.
--
-- Ids are Snowflakes: 41 bits of milliseconds since 2024-01-01, 8 of logical shard, 6 of worker, 8 of sequence (X-05).
-- Every sharded table has its shard first in the primary key and last in its columns, equal to the bits of the id that
-- it is sharded by (X-06): customers, carts and orders by customer, stock and its ledger by warehouse (ECM-36, ECM-47).
-- Orders, their items and the ledger are partitioned by month over their own id (E-02, E-03). Money is an integer of
-- minor units with a currency (E-48).
--
-- Tables that every order writes are analyzed when they have doubled, not when a tenth of them is new: each ANALYZE made
-- all kept plans be planned again, and under the peak it ran for ten tables every ten seconds.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE OR REPLACE FUNCTION shard_of(id bigint) RETURNS smallint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ((id >> 14) & 255)::smallint;

CREATE OR REPLACE FUNCTION time_of(id bigint) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN to_timestamp(((id >> 22) + 1704067200000) / 1000.0);

CREATE OR REPLACE FUNCTION first_id_at(moment timestamptz) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN (round(extract(epoch FROM moment) * 1000)::bigint - 1704067200000) << 22;

-- A CHECK is read from its text by each statement that writes, and that was a quarter of what an order cost. What is
-- behind a function is compiled once a connection, so checks of tables that every order writes call these. Whoever changes
-- one makes the database anew: rows that are there are not looked at again.

-- Whether ids carry this shard (X-06).
CREATE OR REPLACE FUNCTION is_shard(shard smallint, one bigint, other bigint) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN shard = ((one >> 14) & 255) AND shard = ((other >> 14) & 255);
END $$;

-- Whether a state machine has this state (E-32).
CREATE OR REPLACE FUNCTION is_state(machine text, state text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE machine
    WHEN 'order' THEN state IN ('pending', 'confirmed', 'shipped', 'delivered', 'cancelled')
    WHEN 'payment' THEN state IN ('pending', 'paid', 'refunded')
    WHEN 'item' THEN state IN ('pending', 'shipped', 'delivered', 'returned')
    WHEN 'reservation' THEN state IN ('held', 'open', 'captured', 'released')
    WHEN 'key' THEN state IN ('in-progress', 'done') END;
END $$;

-- Whether a row of the ledger names its order where an order moves something (E-16), and moves what its type says.
CREATE OR REPLACE FUNCTION is_ledger_move(kind text, order_id bigint, available integer, reserved integer, sold integer)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE kind
    WHEN 'restock' THEN available > 0 AND reserved = 0 AND sold IN (0, -available) AND (order_id IS NOT NULL) = (sold < 0)
    WHEN 'reserve' THEN order_id IS NOT NULL AND reserved > 0 AND available = -reserved AND sold = 0
    WHEN 'release' THEN order_id IS NOT NULL AND available > 0 AND reserved + sold = -available
      AND reserved <= 0 AND sold <= 0
    WHEN 'sell' THEN order_id IS NOT NULL AND sold > 0 AND reserved = -sold AND available = 0
    ELSE false END;
END $$;

-- Catalogue -----------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS currencies (
  currency char(3)  NOT NULL,
  -- Digits behind the point: 2 for USD, 0 for JPY, 3 for KWD (E-48).
  exponent smallint NOT NULL,
  PRIMARY KEY (currency),
  CONSTRAINT currencies_exponent_check CHECK (exponent BETWEEN 0 AND 4)
);

CREATE TABLE IF NOT EXISTS categories (
  category_id integer     NOT NULL,
  parent_id   integer,
  name        varchar(80) NOT NULL,
  PRIMARY KEY (category_id),
  CONSTRAINT categories_parent_fkey FOREIGN KEY (parent_id) REFERENCES categories (category_id)
);

CREATE TABLE IF NOT EXISTS sellers (
  seller_id  bigint       NOT NULL,
  name       varchar(100) NOT NULL,
  created_at timestamptz  NOT NULL DEFAULT now(),
  PRIMARY KEY (seller_id)
);

-- The primary key leads with the partition key (E-02, E-05); product_directory finds the partition of an id.
CREATE TABLE IF NOT EXISTS products (
  product_id      bigint       NOT NULL,
  seller_id       bigint       NOT NULL,
  title           varchar(500) NOT NULL,
  description     text         NOT NULL DEFAULT '',
  category_id     integer      NOT NULL,
  subcategory_id  integer,
  brand           varchar(100),
  price_minor     bigint       NOT NULL,
  currency        char(3)      NOT NULL DEFAULT 'USD',
  -- What differs by category (ECM-26).
  attributes      jsonb        NOT NULL DEFAULT '{}',
  seo_title       varchar(200),
  seo_description text,
  status          varchar(8)   NOT NULL DEFAULT 'active',
  created_at      timestamptz  NOT NULL DEFAULT now(),
  updated_at      timestamptz  NOT NULL DEFAULT now(),
  -- Sums of `reviews`, moved in the review's own transaction (ECM-80).
  rating_sum      integer      NOT NULL DEFAULT 0,
  review_count    integer      NOT NULL DEFAULT 0,
  -- Grows with each update: the external version of the search document (E-35).
  version         bigint       NOT NULL DEFAULT 1,
  -- What answers a search while Elasticsearch does not (ECM-92, E-41).
  search          tsvector     NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', coalesce(brand, '')), 'B')
    || setweight(to_tsvector('simple', description), 'C')) STORED,
  PRIMARY KEY (category_id, product_id),
  CONSTRAINT products_price_check CHECK (price_minor >= 0),
  CONSTRAINT products_status_check CHECK (status IN ('active', 'inactive', 'deleted')),
  CONSTRAINT products_attributes_check CHECK (jsonb_typeof(attributes) = 'object'),
  CONSTRAINT products_reviews_check CHECK (review_count >= 0 AND rating_sum BETWEEN review_count AND 5 * review_count),
  CONSTRAINT products_currency_fkey FOREIGN KEY (currency) REFERENCES currencies (currency)
) PARTITION BY LIST (category_id);

CREATE INDEX IF NOT EXISTS products_seller_id_idx ON products (seller_id, product_id);
CREATE INDEX IF NOT EXISTS products_category_id_subcategory_id_idx ON products (category_id, subcategory_id, product_id);
CREATE INDEX IF NOT EXISTS products_brand_idx ON products (category_id, brand, product_id);
CREATE INDEX IF NOT EXISTS products_price_idx ON products (category_id, price_minor, product_id);
CREATE INDEX IF NOT EXISTS products_status_idx ON products (status, product_id) WHERE status <> 'active';
CREATE INDEX IF NOT EXISTS products_attributes_idx ON products USING gin (attributes jsonb_path_ops);
CREATE INDEX IF NOT EXISTS products_search_idx ON products USING gin (search);
CREATE INDEX IF NOT EXISTS products_title_idx ON products USING gin (title gin_trgm_ops);

CREATE TABLE IF NOT EXISTS product_directory (
  product_id  bigint  NOT NULL,
  category_id integer NOT NULL,
  PRIMARY KEY (product_id) INCLUDE (category_id)
);

CREATE TABLE IF NOT EXISTS product_images (
  image_id      bigint       NOT NULL,
  product_id    bigint       NOT NULL,
  image_url     varchar(500) NOT NULL,
  display_order integer      NOT NULL DEFAULT 0,
  is_primary    boolean      NOT NULL DEFAULT false,
  PRIMARY KEY (image_id),
  -- The directory has one row a product, whichever partition that lies in (E-03, ECM-33).
  CONSTRAINT product_images_product_fkey FOREIGN KEY (product_id) REFERENCES product_directory (product_id)
    ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS product_images_product_id_idx ON product_images (product_id, display_order);
-- At most one primary image a product (ECM-32).
CREATE UNIQUE INDEX IF NOT EXISTS product_images_primary_idx ON product_images (product_id) INCLUDE (image_url)
  WHERE is_primary;

CREATE TABLE IF NOT EXISTS reviews (
  review_id   bigint      NOT NULL,
  product_id  bigint      NOT NULL,
  customer_id bigint      NOT NULL,
  rating      smallint    NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, customer_id),
  CONSTRAINT reviews_rating_check CHECK (rating BETWEEN 1 AND 5)
);

-- Customers -----------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS customers (
  customer_id bigint       NOT NULL,
  email       varchar(255) NOT NULL,
  full_name   varchar(100) NOT NULL,
  created_at  timestamptz  NOT NULL DEFAULT now(),
  shard       smallint     NOT NULL,
  PRIMARY KEY (shard, customer_id),
  CONSTRAINT customers_shard_check CHECK (shard = ((customer_id >> 14) & 255))
);

CREATE TABLE IF NOT EXISTS addresses (
  address_id  bigint       NOT NULL,
  customer_id bigint       NOT NULL,
  region      smallint     NOT NULL,
  street      varchar(200) NOT NULL,
  city        varchar(100) NOT NULL,
  postal_code varchar(20)  NOT NULL,
  shard       smallint     NOT NULL,
  PRIMARY KEY (shard, address_id),
  CONSTRAINT addresses_shard_check CHECK (shard = ((customer_id >> 14) & 255) AND shard = ((address_id >> 14) & 255)),
  CONSTRAINT addresses_customer_fkey FOREIGN KEY (shard, customer_id) REFERENCES customers (shard, customer_id)
    ON DELETE CASCADE
);

-- What is in a cart is wanted, not held: stock is reserved when an order is placed (E-12).
CREATE TABLE IF NOT EXISTS carts (
  customer_id bigint      NOT NULL,
  product_id  bigint      NOT NULL,
  quantity    integer     NOT NULL,
  added_at    timestamptz NOT NULL DEFAULT now(),
  shard       smallint    NOT NULL,
  PRIMARY KEY (shard, customer_id, product_id),
  CONSTRAINT carts_shard_check CHECK (shard = ((customer_id >> 14) & 255)),
  CONSTRAINT carts_quantity_check CHECK (quantity BETWEEN 1 AND 100)
);

-- Stock ---------------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS regions (
  region               smallint    NOT NULL,
  name                 varchar(40) NOT NULL,
  -- Hundredths of a per cent.
  tax_basis_points     integer     NOT NULL,
  shipping_minor       bigint      NOT NULL,
  shipping_unit_minor  bigint      NOT NULL,
  -- All warehouses, the nearest first (E-11).
  warehouses           integer[]   NOT NULL DEFAULT '{}',
  PRIMARY KEY (region)
);

CREATE TABLE IF NOT EXISTS warehouses (
  warehouse_id integer      NOT NULL,
  name         varchar(100) NOT NULL,
  region       smallint     NOT NULL,
  shard        smallint     NOT NULL,
  PRIMARY KEY (warehouse_id),
  CONSTRAINT warehouses_region_fkey FOREIGN KEY (region) REFERENCES regions (region)
);

-- The id carries the warehouse's shard. No index holds a quantity, and pages keep room: updates stay in their page.
CREATE TABLE IF NOT EXISTS inventory (
  inventory_id       bigint      NOT NULL,
  product_id         bigint      NOT NULL,
  warehouse_id       integer     NOT NULL,
  quantity_available integer     NOT NULL DEFAULT 0,
  -- Between an order and its payment, cancellation or expiry (E-12).
  quantity_reserved  integer     NOT NULL DEFAULT 0,
  quantity_sold      integer     NOT NULL DEFAULT 0,
  -- Moved from quantity_available into rows of `stock_units` (E-43). The ledger calls the two together available.
  quantity_pooled    integer     NOT NULL DEFAULT 0,
  -- Grows by one with each change, which the ledger row of the change repeats: no change goes without its row (ECM-94).
  version            bigint      NOT NULL DEFAULT 0,
  last_updated       timestamptz NOT NULL DEFAULT now(),
  shard              smallint    NOT NULL,
  PRIMARY KEY (shard, inventory_id),
  CONSTRAINT inventory_shard_check CHECK (is_shard(shard, inventory_id, inventory_id)),
  CONSTRAINT inventory_available_check CHECK (quantity_available >= 0),
  CONSTRAINT inventory_reserved_check CHECK (quantity_reserved >= 0),
  CONSTRAINT inventory_sold_check CHECK (quantity_sold >= 0),
  CONSTRAINT inventory_pooled_check CHECK (quantity_pooled >= 0)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.2, autovacuum_analyze_scale_factor = 5);

CREATE UNIQUE INDEX IF NOT EXISTS inventory_product_id_warehouse_id_idx ON inventory (product_id, warehouse_id, shard);
CREATE INDEX IF NOT EXISTS inventory_warehouse_id_idx ON inventory (shard, warehouse_id);

-- The ledger: what each change moved between the three counters (E-17). It is only ever appended to (E-18).
CREATE TABLE IF NOT EXISTS inventory_transactions (
  transaction_id    bigint       NOT NULL,
  inventory_id      bigint       NOT NULL,
  order_id          bigint,
  -- The stock row's version after the change: rows of one stock row are in its order, without a gap.
  inventory_version bigint       NOT NULL,
  delta_available   integer      NOT NULL,
  delta_reserved    integer      NOT NULL,
  delta_sold        integer      NOT NULL,
  created_at        timestamptz  NOT NULL DEFAULT clock_timestamp(),
  transaction_type  varchar(8)   NOT NULL,
  created_by        varchar(100) NOT NULL,
  shard             smallint     NOT NULL,
  PRIMARY KEY (shard, transaction_id),
  CONSTRAINT inventory_transactions_shard_check CHECK (is_shard(shard, transaction_id, inventory_id)),
  CONSTRAINT inventory_transactions_type_check
    CHECK (is_ledger_move(transaction_type, order_id, delta_available, delta_reserved, delta_sold))
) PARTITION BY RANGE (transaction_id);

-- The id is in order of time, so it stands for created_at in both (ECM-45).
CREATE INDEX IF NOT EXISTS inventory_transactions_inventory_id_idx
  ON inventory_transactions (shard, inventory_id, transaction_id);
CREATE INDEX IF NOT EXISTS inventory_transactions_order_id_idx ON inventory_transactions (order_id)
  WHERE order_id IS NOT NULL;

-- What an order holds of a stock row until it is paid, cancelled or expires (E-13): 'held' while the order itself may still
-- come into being (saga.sql), then 'open'.
CREATE TABLE IF NOT EXISTS reservations (
  order_id     bigint      NOT NULL,
  inventory_id bigint      NOT NULL,
  quantity     integer     NOT NULL,
  expires_at   timestamptz NOT NULL,
  line_number  smallint    NOT NULL,
  state        varchar(8)  NOT NULL DEFAULT 'open',
  shard        smallint    NOT NULL,
  PRIMARY KEY (order_id, line_number, inventory_id, shard),
  CONSTRAINT reservations_shard_check CHECK (is_shard(shard, inventory_id, inventory_id)),
  CONSTRAINT reservations_quantity_check CHECK (quantity > 0),
  CONSTRAINT reservations_state_check CHECK (is_state('reservation', state))
) WITH (fillfactor = 80, autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1);

CREATE INDEX IF NOT EXISTS reservations_open_idx ON reservations (expires_at) WHERE state = 'open';

-- Orders --------------------------------------------------------------------------------------------------------------

-- Which status may follow which (E-32); a trigger refuses every other move.
CREATE TABLE IF NOT EXISTS status_moves (
  machine     varchar(8)  NOT NULL,
  from_status varchar(10) NOT NULL,
  to_status   varchar(10) NOT NULL,
  PRIMARY KEY (machine, from_status, to_status),
  CONSTRAINT status_moves_machine_check CHECK (machine IN ('order', 'payment', 'item'))
);

INSERT INTO status_moves (machine, from_status, to_status) VALUES
  ('order', 'pending', 'confirmed'), ('order', 'pending', 'cancelled'), ('order', 'confirmed', 'shipped'),
  ('order', 'confirmed', 'cancelled'), ('order', 'shipped', 'delivered'),
  ('payment', 'pending', 'paid'), ('payment', 'paid', 'refunded'),
  ('item', 'pending', 'shipped'), ('item', 'shipped', 'delivered'), ('item', 'delivered', 'returned')
ON CONFLICT DO NOTHING;

-- The id carries the customer's shard (E-50); the number is derived from the id, and so unique (E-04).
CREATE TABLE IF NOT EXISTS orders (
  order_id            bigint      NOT NULL,
  customer_id         bigint      NOT NULL,
  order_number        varchar(20) NOT NULL,
  subtotal_minor      bigint      NOT NULL,
  tax_minor           bigint      NOT NULL,
  shipping_minor      bigint      NOT NULL,
  discount_minor      bigint      NOT NULL DEFAULT 0,
  total_minor         bigint      NOT NULL,
  currency            char(3)     NOT NULL,
  shipping_address_id bigint      NOT NULL,
  tracking_number     varchar(100),
  estimated_delivery  date,
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL DEFAULT now(),
  status              varchar(9)  NOT NULL DEFAULT 'pending',
  payment_status      varchar(8)  NOT NULL DEFAULT 'pending',
  shard               smallint    NOT NULL,
  PRIMARY KEY (shard, order_id),
  CONSTRAINT orders_shard_check CHECK (is_shard(shard, order_id, customer_id)),
  -- E-26: nothing is left out of the total.
  CONSTRAINT orders_total_check CHECK (total_minor = subtotal_minor - discount_minor + tax_minor + shipping_minor),
  CONSTRAINT orders_amounts_check
    CHECK (least(subtotal_minor - discount_minor, tax_minor, shipping_minor, discount_minor) >= 0),
  CONSTRAINT orders_status_check CHECK (is_state('order', status)),
  CONSTRAINT orders_payment_status_check CHECK (is_state('payment', payment_status))
) PARTITION BY RANGE (order_id);

-- Ids are in order of time, so they stand for created_at (ECM-53).
CREATE INDEX IF NOT EXISTS orders_customer_id_idx ON orders (shard, customer_id, order_id DESC);
CREATE INDEX IF NOT EXISTS orders_status_idx ON orders (status, order_id) WHERE status IN ('pending', 'confirmed');

CREATE TABLE IF NOT EXISTS order_items (
  order_id          bigint       NOT NULL,
  product_id        bigint       NOT NULL,
  seller_id         bigint       NOT NULL,
  -- As at the moment of purchase (ECM-56, ECM-93).
  unit_price_minor  bigint       NOT NULL,
  subtotal_minor    bigint       NOT NULL,
  quantity          integer      NOT NULL,
  line_number       smallint     NOT NULL,
  product_title     varchar(500) NOT NULL,
  product_image_url varchar(500),
  status            varchar(9)   NOT NULL DEFAULT 'pending',
  shard             smallint     NOT NULL,
  PRIMARY KEY (shard, order_id, line_number),
  CONSTRAINT order_items_shard_check CHECK (is_shard(shard, order_id, order_id)),
  CONSTRAINT order_items_quantity_check CHECK (quantity > 0),
  CONSTRAINT order_items_subtotal_check CHECK (subtotal_minor = unit_price_minor * quantity),
  CONSTRAINT order_items_status_check CHECK (is_state('item', status)),
  CONSTRAINT order_items_order_fkey FOREIGN KEY (shard, order_id) REFERENCES orders (shard, order_id) ON DELETE CASCADE
) PARTITION BY RANGE (order_id);

-- Sellers read their orders from seller_orders, so there is no index by seller here (E-45).
CREATE INDEX IF NOT EXISTS order_items_product_id_idx ON order_items (product_id, order_id);

-- A line that one warehouse cannot fill alone is split (E-15, E-33).
CREATE TABLE IF NOT EXISTS order_item_allocations (
  order_id     bigint   NOT NULL,
  inventory_id bigint   NOT NULL,
  warehouse_id integer  NOT NULL,
  quantity     integer  NOT NULL,
  line_number  smallint NOT NULL,
  shard        smallint NOT NULL,
  PRIMARY KEY (shard, order_id, line_number, inventory_id),
  CONSTRAINT order_item_allocations_shard_check CHECK (is_shard(shard, order_id, order_id)),
  CONSTRAINT order_item_allocations_quantity_check CHECK (quantity > 0),
  CONSTRAINT order_item_allocations_item_fkey FOREIGN KEY (shard, order_id, line_number)
    REFERENCES order_items (shard, order_id, line_number) ON DELETE CASCADE
) PARTITION BY RANGE (order_id);

CREATE TABLE IF NOT EXISTS payments (
  payment_id   bigint      NOT NULL,
  order_id     bigint      NOT NULL,
  amount_minor bigint      NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  currency     char(3)     NOT NULL,
  kind         varchar(7)  NOT NULL,
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, payment_id),
  CONSTRAINT payments_shard_check CHECK (shard = ((order_id >> 14) & 255) AND shard = ((payment_id >> 14) & 255)),
  CONSTRAINT payments_amount_check CHECK (amount_minor >= 0),
  CONSTRAINT payments_kind_check CHECK (kind IN ('capture', 'refund'))
);

-- An order is captured once and refunded once.
CREATE UNIQUE INDEX IF NOT EXISTS payments_order_id_idx ON payments (shard, order_id, kind);

-- A repeated request gets the first one's answer (E-21).
CREATE TABLE IF NOT EXISTS idempotency_keys (
  customer_id  bigint      NOT NULL,
  order_id     bigint      NOT NULL,
  total_minor  bigint,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  key          varchar(64) NOT NULL,
  -- Of all that the request asks for: the same key with another request is refused.
  request_hash bytea       NOT NULL,
  currency     char(3),
  state        varchar(11) NOT NULL,
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, customer_id, key),
  CONSTRAINT idempotency_keys_shard_check CHECK (is_shard(shard, customer_id, customer_id)),
  CONSTRAINT idempotency_keys_state_check CHECK (is_state('key', state)),
  CONSTRAINT idempotency_keys_answer_check CHECK ((state = 'done') = (total_minor IS NOT NULL AND currency IS NOT NULL))
) WITH (autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1);

CREATE INDEX IF NOT EXISTS idempotency_keys_created_at_idx ON idempotency_keys USING brin (created_at);

-- Events and what they bring about ------------------------------------------------------------------------------------

-- Written in the transaction of the change that it tells of; read in (xid, id) order and only below the snapshot's
-- horizon, so that a slow transaction's event is never passed over (E-19, E-22).
CREATE TABLE IF NOT EXISTS outbox (
  id           bigint      GENERATED ALWAYS AS IDENTITY,
  xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
  -- The order or the product: the key of the message, and so what is in order.
  aggregate_id bigint      NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind         varchar(24) NOT NULL,
  payload      jsonb       NOT NULL DEFAULT '{}',
  PRIMARY KEY (xid, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 5);

CREATE TABLE IF NOT EXISTS relay_position (
  relay varchar(24) NOT NULL,
  xid   xid8        NOT NULL DEFAULT '0',
  id    bigint      NOT NULL DEFAULT 0,
  PRIMARY KEY (relay)
);

-- One effect an order, however often its event is delivered (ECM-74).
CREATE TABLE IF NOT EXISTS order_confirmations (
  order_id bigint      NOT NULL,
  sent_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  shard    smallint    NOT NULL,
  PRIMARY KEY (shard, order_id),
  CONSTRAINT order_confirmations_shard_check CHECK (shard = ((order_id >> 14) & 255))
) WITH (autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1);

CREATE TABLE IF NOT EXISTS warehouse_notices (
  order_id     bigint      NOT NULL,
  warehouse_id integer     NOT NULL,
  sent_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  units        integer     NOT NULL,
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, order_id, warehouse_id),
  CONSTRAINT warehouse_notices_shard_check CHECK (shard = ((order_id >> 14) & 255))
) WITH (autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1);

-- The read model of a seller's orders, kept from Kafka (E-45): the newest event of an order decides its status.
CREATE TABLE IF NOT EXISTS seller_orders (
  seller_id      bigint     NOT NULL,
  order_id       bigint     NOT NULL,
  subtotal_minor bigint     NOT NULL,
  units          integer    NOT NULL,
  currency       char(3)    NOT NULL,
  status         varchar(9) NOT NULL DEFAULT 'pending',
  PRIMARY KEY (seller_id, order_id)
) WITH (autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1);

CREATE INDEX IF NOT EXISTS seller_orders_order_id_idx ON seller_orders (order_id);

-- Rules that hold whoever writes --------------------------------------------------------------------------------------

-- updated_at and version change with the row (E-46).
CREATE OR REPLACE FUNCTION touch_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER products_touch BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION touch_product();

CREATE OR REPLACE FUNCTION refuse_move(machine text, from_status text, to_status text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'illegal move of % from % to %', machine, from_status, to_status USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE FUNCTION move_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (SELECT FROM status_moves m
      WHERE m.machine = 'order' AND m.from_status = OLD.status AND m.to_status = NEW.status) THEN
    PERFORM refuse_move('order', OLD.status, NEW.status);
  END IF;
  IF NEW.payment_status <> OLD.payment_status AND NOT EXISTS (SELECT FROM status_moves m
      WHERE m.machine = 'payment' AND m.from_status = OLD.payment_status AND m.to_status = NEW.payment_status) THEN
    PERFORM refuse_move('payment', OLD.payment_status, NEW.payment_status);
  END IF;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER orders_move BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION move_order();

CREATE OR REPLACE FUNCTION move_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (SELECT FROM status_moves m
      WHERE m.machine = 'item' AND m.from_status = OLD.status AND m.to_status = NEW.status) THEN
    PERFORM refuse_move('item', OLD.status, NEW.status);
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER order_items_move BEFORE UPDATE ON order_items FOR EACH ROW EXECUTE FUNCTION move_item();

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER inventory_transactions_append_only BEFORE UPDATE OR DELETE ON inventory_transactions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

REVOKE UPDATE, DELETE, TRUNCATE ON inventory_transactions FROM CURRENT_USER, PUBLIC;

-- Partitions ----------------------------------------------------------------------------------------------------------

DO $$
DECLARE
  names constant text[] := ARRAY['electronics', 'clothing', 'home', 'books', 'toys'];
  lists constant text[] := ARRAY['1, 2, 3', '10, 11, 12', '20, 21, 22', '30, 31', '40, 41'];
  parent text;
BEGIN
  FOR i IN 1 .. cardinality(names) LOOP
    IF to_regclass('products_' || names[i]) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF products FOR VALUES IN (%s)', 'products_' || names[i], lists[i]);
    END IF;
  END LOOP;
  -- Alarms that an audit reads: an unlisted category, a month that nobody made (X-09).
  FOREACH parent IN ARRAY ARRAY['products', 'orders', 'order_items', 'order_item_allocations', 'inventory_transactions']
  LOOP
    IF to_regclass(parent || '_default') IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
    END IF;
  END LOOP;
  REVOKE UPDATE, DELETE, TRUNCATE ON inventory_transactions_default FROM CURRENT_USER, PUBLIC;
END $$;

-- The partition of `parent` for the month (UTC) that `moment` lies in: orders_2026_01. True when it had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partition(parent text, moment timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  month constant timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
  name constant text := parent || '_' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s) WITH (%s)', name, parent,
    first_id_at(month AT TIME ZONE 'UTC'), first_id_at((month + interval '1 month') AT TIME ZONE 'UTC'),
    'autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1');
  -- The rights on a partition are its own, and no trigger for each row stops a TRUNCATE (E-18).
  IF parent = 'inventory_transactions' THEN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM CURRENT_USER, PUBLIC', name);
  END IF;
  RETURN true;
END $$;

-- Month partitions from `back` months before this one to `ahead` months after it. Returns how many had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partitions(ahead integer, back integer DEFAULT 1) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  made integer := 0;
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['orders', 'order_items', 'order_item_allocations', 'inventory_transactions'] LOOP
    FOR step IN -back .. ahead LOOP
      -- Months are added in UTC: the session's time zone may be another.
      IF ensure_month_partition(parent,
        (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step)) AT TIME ZONE 'UTC') THEN
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

SELECT ensure_month_partitions(3);
