/** A graph whose nodes are numbered from 0: edge by edge, where it begins and where it leads. */
export interface Edges {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Some cycle, as the nodes along it, or undefined when there is none. */
export function findCycle(nodes: number, edges: Edges): number[] | undefined {
  const left = withoutLoose(nodes, edges);
  if (!left.includes(1)) return undefined;
  // Every node that is left has a predecessor that is left: going backwards must come back to where it was.
  const before = new Map<number, number>();
  edges.to.forEach((to, edge) => {
    const from = at(edges.from, edge);
    if (left[to] && left[from]) before.set(to, from);
  });
  const path: number[] = [];
  const places = new Map<number, number>();
  let node = left.indexOf(1);
  while (!places.has(node)) {
    places.set(node, path.length);
    path.push(node);
    node = before.get(node) ?? 0;
  }
  return path.slice(places.get(node)).reverse();
}

/** Marks (with 1) the nodes that are left when those to which nothing leads are taken away, again and again. */
function withoutLoose(nodes: number, edges: Edges): Uint8Array {
  const incoming = new Uint32Array(nodes);
  for (const node of edges.to) incoming[node] = at(incoming, node) + 1;
  const targets = targetsByNode(nodes, edges);
  const left = new Uint8Array(nodes).fill(1);
  const loose = [...incoming.keys()].filter((node) => incoming[node] === 0);
  for (let node = loose.pop(); node !== undefined; node = loose.pop()) {
    left[node] = 0;
    for (const target of targets(node)) {
      incoming[target] = at(incoming, target) - 1;
      if (incoming[target] === 0) loose.push(target);
    }
  }
  return left;
}

/** Where the edges of a node lead, looked up in one array that is sorted by the nodes they come from. */
function targetsByNode(nodes: number, { from, to }: Edges): (node: number) => Uint32Array {
  const ends = new Uint32Array(nodes + 1);
  for (const node of from) ends[node] = at(ends, node) + 1;
  for (let node = 0; node < nodes; node++) ends[node + 1] = at(ends, node + 1) + at(ends, node);
  const targets = new Uint32Array(to.length);
  const starts = ends.slice();
  from.forEach((node, edge) => {
    const place = at(starts, node) - 1;
    starts[node] = place;
    targets[place] = at(to, edge);
  });
  return (node) => targets.subarray(at(starts, node), at(ends, node));
}

function at(numbers: Uint32Array | readonly number[], place: number): number {
  return numbers[place] ?? 0;
}
