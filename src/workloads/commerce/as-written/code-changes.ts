/** What had to change in the text's own code before it ran at all, and what stands in where it has none, one line each; its tables are in `changes.ts`. */
export const asWrittenCodeChanges: readonly string[] = [
  'place_order: connections come from a pool instead of being opened for each order, and BEGIN is the first statement of its transaction (E-30)',
  'place_order: ten at a time in a process, so that connections are left for what they read outside their transactions',
  'place_order: the id generator that the text only names is the one of the fixed variant; the order number, which it only names too, is made from the id (X-05, E-04)',
  'place_order: calculate_tax and calculate_shipping, which the text only names, read a tariff by the region of the address (E-25)',
  'place_order: order_id travels as a string, for 64-bit ids do not survive JSON as numbers (X-04)',
  'the queue that the text only names is Kafka: order.created is a topic of four partitions, and messages have no key',
  'consumers, which the text only names: each sends for every message that it gets, and remembers nothing (E-19)',
  'index_product: Elasticsearch gets every document with the same version and keeps the last, as it does without any (E-35)',
  'index_product: price and rating are declared float, which dynamic mapping would make of the first number with a point only (E-34)',
  'search_products: the page comes as a cursor that holds its number (E-37)',
  'get_product, get_product_price, get_products_batch, get_product_rating and get_review_count are only named: each is one statement, and none asks for the status (E-28, E-39)',
  'a page shows no name of a seller, for the text has no table of sellers (E-47)',
  'no code in the text, the obvious one stands in, a plain UPDATE each: payment, cancellation, refund, shipping, delivery, return; none of them moves stock (E-13, E-14, E-32)',
  'no code in the text, the obvious one stands in: pages and lists of products and orders, carts, restocking, changes of products',
]
