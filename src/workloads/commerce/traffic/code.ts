/** Tells operations apart in keys and draws. The numbers are part of what a seed means: append, do not renumber. */
export const CODE = {
  productRead: 1,
  categoryBrowse: 2,
  searchQuery: 3,
  cartAdd: 4,
  orderPlace: 5,
  orderList: 6,
  orderRead: 7,
  paymentCapture: 8,
  orderCancel: 9,
  orderRefund: 10,
  orderShip: 11,
  orderDeliver: 12,
  itemReturn: 13,
  stockAdd: 14,
  sellerOrders: 15,
  productUpdate: 16,
} as const
