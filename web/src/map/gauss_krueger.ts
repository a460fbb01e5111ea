/**
 * CGCS2000 grid coordinates under the cursor: Gauss–Krüger in 3-degree zones, by Krüger's series in the third flattening n
 * (to n⁴: below a millimetre in a zone). For reading along only; what is exported is transformed by the service.
 */

const A = 6_378_137;
const F = 1 / 298.257222101;
const N = F / (2 - F);
/** Radius of the circle that is as long as a meridian. */
const RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const SERIES = [
  N / 2 - (2 * N ** 2) / 3 + (5 * N ** 3) / 16 + (41 * N ** 4) / 180,
  (13 * N ** 2) / 48 - (3 * N ** 3) / 5 + (557 * N ** 4) / 1440,
  (61 * N ** 3) / 240 - (103 * N ** 4) / 140,
  (49561 * N ** 4) / 161280,
];
const E = Math.sqrt(F * (2 - F));

export interface Grid {
  zone: number;
  /** Survey X, m. */
  north: number;
  /** Survey Y, m, led by the zone number. */
  east: number;
}

export function grid(lon: number, lat: number): Grid {
  const zone = Math.round(lon / 3);
  const radians = Math.PI / 180;
  const [phi, dl] = [lat * radians, (lon - zone * 3) * radians];
  const t = Math.sinh(Math.atanh(Math.sin(phi)) - E * Math.atanh(E * Math.sin(phi)));
  const xi = Math.atan2(t, Math.cos(dl));
  const eta = Math.atanh(Math.sin(dl) / Math.sqrt(1 + t ** 2));
  let [north, east] = [xi, eta];
  SERIES.forEach((c, i) => {
    const k = 2 * (i + 1);
    north += c * Math.sin(k * xi) * Math.cosh(k * eta);
    east += c * Math.cos(k * xi) * Math.sinh(k * eta);
  });
  return { zone, north: RADIUS * north, east: RADIUS * east + 500_000 + zone * 1_000_000 };
}
