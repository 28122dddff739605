// The tree as it is drawn, walked with the arrow keys like every tree of the WAI-ARIA patterns.
import { type CSSProperties, type KeyboardEvent, useRef, useState } from 'react';
import { payloadText } from '../../mqtt/payload';
import { Empty } from '../../parts/empty';
import { Icon } from '../../parts/icon';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import type { TopicNode, TopicTree } from './topic_tree';

const ROWS_MAX = 1000;
const PREVIEW_CHARACTERS = 80;

export interface TreeViewProps {
  readonly tree: TopicTree;
  readonly wanted: string;
  readonly selected: string | null;
  onSelect(topic: string): void;
}

export function TreeView({ tree, wanted, selected, onSelect }: TreeViewProps) {
  const say = useText();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const element = useRef<HTMLDivElement>(null);
  const rows = tree.visible(open, wanted, ROWS_MAX);
  const current = rows.find(row => row.topic === selected) ?? rows[0];
  const isOpen = (node: TopicNode) => wanted !== '' || open.has(node.topic);
  const setNode = (node: TopicNode, wish: boolean) => {
    const next = new Set(open);
    if (wish) {
      next.add(node.topic);
    } else {
      next.delete(node.topic);
    }
    setOpen(next);
  };
  const focus = (node: TopicNode | undefined) => {
    if (node !== undefined) {
      onSelect(node.topic);
      element.current?.querySelector<HTMLElement>(`[data-topic="${CSS.escape(node.topic)}"]`)?.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = current === undefined ? -1 : rows.indexOf(current);
    if (
      current === undefined ||
      !['ArrowDown', 'ArrowUp', 'ArrowRight', 'ArrowLeft', 'Home', 'End'].includes(event.key)
    ) {
      return;
    }
    event.preventDefault();
    if (event.key === 'ArrowRight' && current.children.size > 0 && !isOpen(current)) {
      setNode(current, true);
    } else if (event.key === 'ArrowLeft' && current.children.size > 0 && isOpen(current)) {
      setNode(current, false);
    } else if (event.key === 'ArrowLeft') {
      focus(rows.slice(0, at).findLast(row => row.level < current.level));
    } else {
      const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      focus(rows[next ?? at]);
    }
  };
  if (rows.length === 0) {
    return <Empty icon="tree" title={say(wanted === '' ? 'topics.none' : 'topics.none_found')} />;
  }
  return (
    <div ref={element} className="tree" role="tree" aria-label={say('page.topics')} tabIndex={-1} onKeyDown={onKeyDown}>
      {rows.map(node => (
        <TreeRow
          key={node.topic}
          node={node}
          isOpen={isOpen(node)}
          isSelected={node.topic === selected}
          isReached={node === current}
          onToggle={() => setNode(node, !isOpen(node))}
          onSelect={() => onSelect(node.topic)}
        />
      ))}
      {rows.length === ROWS_MAX && <p className="hint tree-more">{say('topics.more')}</p>}
    </div>
  );
}

interface TreeRowProps {
  readonly node: TopicNode;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  readonly isReached: boolean;
  onToggle(): void;
  onSelect(): void;
}

function TreeRow({ node, isOpen, isSelected, isReached, onToggle, onSelect }: TreeRowProps) {
  const format = useFormat();
  const hasChildren = node.children.size > 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys of all its items
    <div
      className="tree-row"
      role="treeitem"
      data-topic={node.topic}
      style={{ '--level': node.level } as CSSProperties}
      aria-level={node.level}
      aria-selected={isSelected}
      aria-expanded={hasChildren ? isOpen : undefined}
      tabIndex={isReached ? 0 : -1}
      onClick={() => {
        onSelect();
        if (hasChildren) {
          onToggle();
        }
      }}
    >
      <span className={isOpen ? 'tree-arrow tree-arrow-open' : 'tree-arrow'}>
        {hasChildren && <Icon name="chevron" size={14} />}
      </span>
      <span className="tree-name">{node.name === '' ? '∅' : node.name}</span>
      {node.latest ? (
        <span key={node.count} className="tree-value">
          {payloadText(node.latest.payload.subarray(0, PREVIEW_CHARACTERS * 2)).slice(0, PREVIEW_CHARACTERS)}
        </span>
      ) : (
        <span className="tree-value" />
      )}
      <span className="tree-count">{format.short(node.countBelow)}</span>
    </div>
  );
}
