// From page to page of a list of the API.
import type { Page } from '../api/page';
import { useFormat } from '../text/format';
import { useText } from '../text/text';
import { Button } from './button';

export function Pager({
  meta,
  shown,
  onPage,
}: {
  meta: Page<unknown>['meta'] | undefined;
  shown: number;
  onPage(page: number): void;
}) {
  const say = useText();
  const format = useFormat();
  if (meta === undefined || (meta.page === 1 && !meta.hasnext)) {
    return meta === undefined || shown === 0 ? null : (
      <p className="pager faint">{say('pager.all', { count: format.number(shown) })}</p>
    );
  }
  const first = (meta.page - 1) * meta.limit + 1;
  const range = `${format.number(first)}–${format.number(first + Math.max(shown, 1) - 1)}`;
  return (
    <nav className="pager" aria-label={say('pager.label')}>
      <span className="faint">
        {meta.count === undefined ? range : say('pager.range', { range, count: format.number(meta.count) })}
      </span>
      <Button disabled={meta.page <= 1} onClick={() => onPage(meta.page - 1)}>
        {say('pager.previous')}
      </Button>
      <Button disabled={!meta.hasnext} onClick={() => onPage(meta.page + 1)}>
        {say('pager.next')}
      </Button>
    </nav>
  );
}
