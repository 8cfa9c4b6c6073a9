/** Every change that was made to the text's own tables so that PostgreSQL 18 accepts them, and every table that was added, one line each. */
export const asWrittenChanges: readonly string[] = [
  'INDEX inside CREATE TABLE is MySQL: each is a CREATE INDEX of its own (E-01)',
  'idx_product, idx_seller, idx_order and others stand more than once, and index names are unique in a schema: they are <table>_<columns>_idx (E-01)',
  'products: PRIMARY KEY (product_id) is refused on a table partitioned by category_id: it is (product_id, category_id) (E-02)',
  'inventory_transactions: PRIMARY KEY (transaction_id) is refused on a table partitioned by created_at: it is (transaction_id, created_at) (E-02)',
  'orders: PRIMARY KEY (order_id) is refused on a table partitioned by created_at: it is (order_id, created_at) (E-02)',
  'orders: UNIQUE (order_number) is refused for the same reason: it is (order_number, created_at), which two orders may share (E-04)',
  'product_images and order_items: their foreign keys name a column that is not unique any more: they are left out, and so is ON DELETE CASCADE (E-03)',
  'products: "etc." stands for the partitions of the other categories: one DEFAULT partition takes them (E-05)',
  'orders: the text makes January 2024 only, and every other insert fails: months are made ahead, and for the seed (X-09)',
  'inventory_transactions: the text makes no partition at all: the same months as for orders (X-09)',
  'the shards by warehouse and by customer stand in headings only, and place_order is one transaction: one database (E-06)',
  'added: customers, addresses and regions, which calculate_tax, calculate_shipping and the confirmation need (E-47)',
  'added: reviews, which get_product_rating and get_review_count count (E-47)',
  'added: carts, which hold no stock, as place_order reserves it (E-12, E-47)',
  'added: order_confirmations and warehouse_notices, where the two consumers of order.created leave what they sent (E-47)',
]
