/** A category, the partition family that it lies in, and what is sold in it. */
export interface CategoryWords {
  readonly categoryId: number
  readonly name: string
  readonly nouns: readonly string[]
  /** The cheapest and the dearest price, in minor units. */
  readonly prices: readonly [number, number]
}

/** The categories of the text (1-3, 10-12) and of the partitions that its "etc." leaves open (ECM-31). */
export const CATEGORIES: readonly CategoryWords[] = [
  {
    categoryId: 1,
    name: 'Audio',
    nouns: ['headphones', 'speaker', 'microphone', 'turntable', 'amplifier'],
    prices: [1_900, 49_900],
  },
  {
    categoryId: 2,
    name: 'Computers',
    nouns: ['laptop', 'keyboard', 'monitor', 'printer', 'router'],
    prices: [2_500, 189_900],
  },
  {
    categoryId: 3,
    name: 'Cameras',
    nouns: ['camera', 'tripod', 'lens', 'projector', 'drone'],
    prices: [3_900, 249_900],
  },
  {
    categoryId: 10,
    name: 'Women',
    nouns: ['dress', 'blouse', 'skirt', 'cardigan', 'sandals'],
    prices: [1_500, 19_900],
  },
  {
    categoryId: 11,
    name: 'Men',
    nouns: ['shirt', 'trousers', 'jacket', 'sweater', 'sneakers'],
    prices: [1_500, 24_900],
  },
  {
    categoryId: 12,
    name: 'Children',
    nouns: ['raincoat', 'pyjamas', 'mittens', 'overalls', 'backpack'],
    prices: [900, 8_900],
  },
  {
    categoryId: 20,
    name: 'Kitchen',
    nouns: ['kettle', 'saucepan', 'blender', 'toaster', 'teapot'],
    prices: [1_200, 29_900],
  },
  {
    categoryId: 21,
    name: 'Furniture',
    nouns: ['armchair', 'bookcase', 'wardrobe', 'mattress', 'sideboard'],
    prices: [4_900, 149_900],
  },
  {
    categoryId: 22,
    name: 'Garden',
    nouns: ['lawnmower', 'greenhouse', 'hammock', 'wheelbarrow', 'parasol'],
    prices: [1_900, 89_900],
  },
  {
    categoryId: 30,
    name: 'Novels',
    nouns: ['mystery', 'romance', 'thriller', 'chronicle', 'fable'],
    prices: [500, 3_900],
  },
  {
    categoryId: 31,
    name: 'Guides',
    nouns: ['cookbook', 'atlas', 'dictionary', 'handbook', 'almanac'],
    prices: [900, 7_900],
  },
  {
    categoryId: 40,
    name: 'Games',
    nouns: ['puzzle', 'chessboard', 'dominoes', 'kaleidoscope', 'marbles'],
    prices: [700, 9_900],
  },
  {
    categoryId: 41,
    name: 'Models',
    nouns: ['locomotive', 'sailboat', 'helicopter', 'dollhouse', 'excavator'],
    prices: [1_100, 19_900],
  },
]

/** What makes one product of a kind differ from the next. */
export const ADJECTIVES: readonly string[] = [
  'wireless',
  'portable',
  'vintage',
  'compact',
  'lightweight',
  'waterproof',
  'foldable',
  'professional',
  'handmade',
  'recycled',
  'adjustable',
  'silent',
  'illustrated',
  'wooden',
  'striped',
  'insulated',
]

/** Invented brands. */
export const BRANDS: readonly string[] = [
  'Altamira',
  'Borealis',
  'Calderon',
  'Dovetail',
  'Everglade',
  'Fenwick',
  'Galloway',
  'Hartmoor',
  'Islington',
  'Juniper',
  'Kestrel',
  'Larkspur',
  'Meridian',
  'Northgate',
  'Oakridge',
  'Pemberly',
  'Quillon',
  'Ravenna',
  'Solstice',
  'Thornbury',
  'Umbria',
  'Valdosta',
  'Westerly',
  'Yarrow',
  'Zephyrine',
]
