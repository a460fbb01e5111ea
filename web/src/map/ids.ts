/** Every name the map's style uses. */

export const SOURCE = {
  park: 'park',
  blocksAfter: 'blocks-after',
  moves: 'moves',
  basemap: 'basemap',
  issues: 'issues',
} as const;

/** Layers within the vector tiles, as the service names them. */
export const TILE = {
  parcels: 'parcels',
  /** All parcels as one, at zooms at which they are too many to be told apart. */
  land: 'land',
  zone: 'zone',
  blocks: 'blocks',
  subParks: 'sub_parks',
  barriers: 'barriers',
  overlays: 'overlays',
} as const;

export const LAYER = {
  background: 'background',
  basemap: 'basemap',
  overlayFill: 'overlays-fill',
  land: 'land',
  parcels: 'parcels',
  hatchLocked: 'parcels-locked',
  hatchOut: 'parcels-out',
  hatchUnknown: 'parcels-unknown',
  outline: 'parcels-outline',
  overlayLine: 'overlays-line',
  zone: 'zone',
  zoneFill: 'zone-fill',
  subParks: 'sub-parks',
  subParkDim: 'sub-park-dim',
  subParkFocus: 'sub-park-focus',
  blocksBefore: 'blocks-before',
  blocksAfter: 'blocks-after',
  barriers: 'barriers',
  movesFar: 'moves-far',
  moveLines: 'moves',
  hover: 'hover',
  selectedHalo: 'selected-halo',
  selected: 'selected',
  subParkNames: 'sub-park-names',
  parcelCodes: 'parcel-codes',
} as const;

export const IMAGE = { locked: 'hatch-locked', out: 'hatch-out', unknown: 'hatch-unknown' } as const;
export type Hatch = keyof typeof IMAGE;
