-- The commerce case, as written: the tables of the text, changed only where PostgreSQL 18 would refuse them, and after
-- them the few that its code needs and does not define. Each change and each addition is listed in
-- src/workloads/commerce/as-written/changes.ts. Idempotent: running it twice changes nothing.

CREATE TABLE IF NOT EXISTS products (
    product_id BIGINT NOT NULL,
    seller_id BIGINT NOT NULL,
    title VARCHAR(500) NOT NULL,
    description TEXT,
    category_id INT NOT NULL,
    subcategory_id INT,
    brand VARCHAR(100),
    price DECIMAL(10, 2) NOT NULL,
    currency VARCHAR(3) DEFAULT 'USD',
    attributes JSONB,
    seo_title VARCHAR(200),
    seo_description TEXT,
    status VARCHAR(20) DEFAULT 'active',
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW(),
    PRIMARY KEY (product_id, category_id)
) PARTITION BY LIST (category_id);

CREATE INDEX IF NOT EXISTS products_seller_id_idx ON products (seller_id);
CREATE INDEX IF NOT EXISTS products_category_id_subcategory_id_idx ON products (category_id, subcategory_id);
CREATE INDEX IF NOT EXISTS products_brand_idx ON products (brand);
CREATE INDEX IF NOT EXISTS products_price_idx ON products (price);
CREATE INDEX IF NOT EXISTS products_status_idx ON products (status);

CREATE TABLE IF NOT EXISTS products_electronics PARTITION OF products FOR VALUES IN (1, 2, 3);
CREATE TABLE IF NOT EXISTS products_clothing PARTITION OF products FOR VALUES IN (10, 11, 12);
CREATE TABLE IF NOT EXISTS products_default PARTITION OF products DEFAULT;

CREATE TABLE IF NOT EXISTS product_images (
    image_id BIGSERIAL PRIMARY KEY,
    product_id BIGINT NOT NULL,
    image_url VARCHAR(500) NOT NULL,
    display_order INT DEFAULT 0,
    is_primary BOOLEAN DEFAULT FALSE
);

CREATE INDEX IF NOT EXISTS product_images_product_id_display_order_idx ON product_images (product_id, display_order);

CREATE TABLE IF NOT EXISTS inventory (
    inventory_id BIGSERIAL PRIMARY KEY,
    product_id BIGINT NOT NULL,
    warehouse_id INT NOT NULL,
    quantity_available INT NOT NULL DEFAULT 0,
    quantity_reserved INT NOT NULL DEFAULT 0,
    quantity_sold INT NOT NULL DEFAULT 0,
    last_updated TIMESTAMPTZ DEFAULT NOW(),
    CHECK (quantity_available >= 0),
    CHECK (quantity_reserved >= 0),
    UNIQUE (product_id, warehouse_id)
);

CREATE INDEX IF NOT EXISTS inventory_product_id_idx ON inventory (product_id);
CREATE INDEX IF NOT EXISTS inventory_warehouse_id_idx ON inventory (warehouse_id);

CREATE TABLE IF NOT EXISTS inventory_transactions (
    transaction_id BIGSERIAL,
    inventory_id BIGINT NOT NULL,
    transaction_type VARCHAR(20) NOT NULL,
    quantity_change INT NOT NULL,
    order_id BIGINT,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    created_by VARCHAR(100),
    PRIMARY KEY (transaction_id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX IF NOT EXISTS inventory_transactions_inventory_id_created_at_idx
    ON inventory_transactions (inventory_id, created_at);
CREATE INDEX IF NOT EXISTS inventory_transactions_order_id_idx ON inventory_transactions (order_id);

CREATE TABLE IF NOT EXISTS orders (
    order_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    order_number VARCHAR(50) NOT NULL,
    subtotal DECIMAL(10, 2) NOT NULL,
    tax DECIMAL(10, 2) NOT NULL,
    shipping_cost DECIMAL(10, 2) NOT NULL,
    discount DECIMAL(10, 2) DEFAULT 0,
    total DECIMAL(10, 2) NOT NULL,
    currency VARCHAR(3) DEFAULT 'USD',
    status VARCHAR(20) NOT NULL,
    payment_status VARCHAR(20),
    shipping_address_id BIGINT,
    tracking_number VARCHAR(100),
    estimated_delivery DATE,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW(),
    PRIMARY KEY (order_id, created_at),
    UNIQUE (order_number, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX IF NOT EXISTS orders_customer_id_created_at_idx ON orders (customer_id, created_at DESC);
CREATE INDEX IF NOT EXISTS orders_status_idx ON orders (status);
CREATE INDEX IF NOT EXISTS orders_created_at_idx ON orders (created_at DESC);

CREATE TABLE IF NOT EXISTS order_items (
    order_item_id BIGSERIAL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    seller_id BIGINT NOT NULL,
    product_title VARCHAR(500) NOT NULL,
    product_image_url VARCHAR(500),
    quantity INT NOT NULL,
    unit_price DECIMAL(10, 2) NOT NULL,
    subtotal DECIMAL(10, 2) NOT NULL,
    warehouse_id INT,
    status VARCHAR(20)
);

CREATE INDEX IF NOT EXISTS order_items_order_id_idx ON order_items (order_id);
CREATE INDEX IF NOT EXISTS order_items_product_id_idx ON order_items (product_id);
CREATE INDEX IF NOT EXISTS order_items_seller_id_idx ON order_items (seller_id);

-- Added: what the text's code and its consumers work with, and the text does not define (E-47) --------------------------

CREATE TABLE IF NOT EXISTS customers (
    customer_id BIGINT PRIMARY KEY,
    email VARCHAR(255) NOT NULL,
    full_name VARCHAR(100)
);

CREATE TABLE IF NOT EXISTS regions (
    region INT PRIMARY KEY,
    name VARCHAR(40) NOT NULL,
    tax_rate DECIMAL(6, 4) NOT NULL,
    shipping DECIMAL(10, 2) NOT NULL,
    shipping_unit DECIMAL(10, 2) NOT NULL
);

CREATE TABLE IF NOT EXISTS addresses (
    address_id BIGINT PRIMARY KEY,
    customer_id BIGINT NOT NULL,
    region INT NOT NULL
);

CREATE TABLE IF NOT EXISTS reviews (
    review_id BIGINT PRIMARY KEY,
    product_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    rating INT NOT NULL
);

CREATE INDEX IF NOT EXISTS reviews_product_id_idx ON reviews (product_id);

CREATE TABLE IF NOT EXISTS carts (
    customer_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    quantity INT NOT NULL,
    PRIMARY KEY (customer_id, product_id)
);

-- What was sent, a row each time: the text's consumers do not know what they have sent before.
CREATE TABLE IF NOT EXISTS order_confirmations (
    confirmation_id BIGSERIAL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    email VARCHAR(255) NOT NULL,
    sent_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE IF NOT EXISTS warehouse_notices (
    notice_id BIGSERIAL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    warehouse_id INT NOT NULL,
    units INT NOT NULL,
    sent_at TIMESTAMPTZ DEFAULT NOW()
);

-- The partition of `parent` for the month (UTC) that `moment` lies in: orders_2024_01. True when it had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partition(parent text, moment timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  month constant timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
  name constant text := parent || '_' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent,
    month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
  RETURN true;
END $$;

-- Month partitions from `back` months before this one to `ahead` months after it. Returns how many had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partitions(ahead integer, back integer DEFAULT 1) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  made integer := 0;
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['orders', 'inventory_transactions'] LOOP
    FOR step IN -back .. ahead LOOP
      IF ensure_month_partition(parent,
        (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step)) AT TIME ZONE 'UTC') THEN
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

SELECT ensure_month_partitions(3);
