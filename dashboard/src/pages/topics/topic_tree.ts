// Topics as a tree, each with its latest message. Bounded: a broker may have more topics than a browser has memory.
import type { Incoming } from '../../mqtt/use_connection';

export interface TopicNode {
  // One level, `temperature`; empty levels are levels.
  readonly name: string;
  // From the root, `site/a/temperature`.
  readonly topic: string;
  readonly level: number;
  readonly children: Map<string, TopicNode>;
  latest: Incoming | null;
  // The messages before the latest, newest first.
  readonly earlier: Incoming[];
  // Messages of this topic, and of all below.
  count: number;
  countBelow: number;
}

const NODES_MAX = 20_000;
const EARLIER_MAX = 30;

export class TopicTree {
  readonly root = nodeOf('', '', 0);
  nodes = 0;
  messages = 0;
  // Messages whose topics found no room.
  leftOut = 0;

  add(message: Incoming): void {
    this.messages += 1;
    const path = [this.root];
    let node = this.root;
    for (const name of message.topic.split('/')) {
      let child = node.children.get(name);
      if (child === undefined) {
        if (this.nodes >= NODES_MAX) {
          this.leftOut += 1;
          return;
        }
        const topic = node === this.root ? name : `${node.topic}/${name}`;
        child = nodeOf(name, topic, node.level + 1);
        node.children.set(name, child);
        this.nodes += 1;
      }
      node = child;
      path.push(node);
    }
    for (const above of path) {
      above.countBelow += 1;
    }
    if (node.latest !== null) {
      node.earlier.unshift(node.latest);
      node.earlier.length = Math.min(node.earlier.length, EARLIER_MAX);
    }
    node.latest = message;
    node.count += 1;
  }

  find(topic: string): TopicNode | undefined {
    let node: TopicNode | undefined = this.root;
    for (const name of topic.split('/')) {
      node = node?.children.get(name);
    }
    return node;
  }

  // What is seen where these are open, in order; all that has `wanted` in its topic, if anything is wanted.
  visible(open: ReadonlySet<string>, wanted: string, limit: number): readonly TopicNode[] {
    const seen: TopicNode[] = [];
    const visit = (node: TopicNode) => {
      for (const child of [...node.children.values()].sort((a, b) =>
        a.name.localeCompare(b.name, undefined, { numeric: true }),
      )) {
        if (seen.length >= limit) {
          return;
        }
        if (wanted !== '' && !hasWanted(child, wanted)) {
          continue;
        }
        seen.push(child);
        if (wanted !== '' || open.has(child.topic)) {
          visit(child);
        }
      }
    };
    visit(this.root);
    return seen;
  }
}

function hasWanted(node: TopicNode, wanted: string): boolean {
  return (
    node.topic.toLowerCase().includes(wanted) || [...node.children.values()].some(child => hasWanted(child, wanted))
  );
}

function nodeOf(name: string, topic: string, level: number): TopicNode {
  return { name, topic, level, children: new Map(), latest: null, earlier: [], count: 0, countBelow: 0 };
}
