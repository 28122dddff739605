// Moves one of a list up or down.
import { useText } from '../text/text';
import { IconButton } from './button';

export interface OrderButtonsProps {
  readonly name: string;
  readonly at: number;
  readonly count: number;
  onMove(to: number): void;
}

export function OrderButtons({ name, at, count, onMove }: OrderButtonsProps) {
  const say = useText();
  return (
    <>
      <IconButton icon="arrowUp" label={say('order.up', { name })} disabled={at === 0} onClick={() => onMove(at - 1)} />
      <IconButton
        icon="arrowDown"
        label={say('order.down', { name })}
        disabled={at === count - 1}
        onClick={() => onMove(at + 1)}
      />
    </>
  );
}

// The list with the one `from` at the place `to`.
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const rest = list.filter((_, at) => at !== from);
  const one = list[from];
  return one === undefined ? list : [...rest.slice(0, to), one, ...rest.slice(to)];
}
