// What the list of bundles says of each.
import { Badge } from '../../parts/badge';
import type { Column } from '../../parts/data_table';
import { RowActions } from '../../parts/row_actions';
import { linkTo } from '../../state/route';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { type Bundle, KINDS } from './bundle';

const SOON_MS = 30 * 24 * 3600 * 1000;

export function useBundleColumns(
  edit: (bundle: Bundle) => void,
  remove: (bundle: Bundle) => void,
): readonly Column<Bundle>[] {
  const say = useText();
  return [
    {
      key: 'name',
      title: say('bundle.name'),
      cell: bundle => (
        <>
          <strong>{bundle.name}</strong>
          {bundle.certificate && <div className="faint">{bundle.certificate.names.join(', ')}</div>}
        </>
      ),
    },
    { key: 'until', title: say('bundle.until'), cell: bundle => <ValidUntil bundle={bundle} /> },
    {
      key: 'files',
      title: say('bundle.files'),
      isMinor: true,
      cell: bundle => (
        <span className="tags">
          {KINDS.filter(kind => bundle.files.includes(kind)).map(kind => (
            <span key={kind} className="tag">
              {say(`bundle.part.${kind}`)}
            </span>
          ))}
        </span>
      ),
    },
    { key: 'users', title: say('bundle.users'), cell: bundle => <Users bundle={bundle} /> },
    {
      key: 'actions',
      title: '',
      cell: bundle => (
        <RowActions editLabel={say('bundle.replace')} onEdit={() => edit(bundle)} onRemove={() => remove(bundle)} />
      ),
    },
  ];
}

function ValidUntil({ bundle: { certificate } }: { bundle: Bundle }) {
  const say = useText();
  const format = useFormat();
  if (certificate === undefined) {
    return <span className="faint">–</span>;
  }
  const end = Date.parse(certificate.not_after);
  const left = end - Date.now();
  if (left <= 0) {
    return <Badge tone="bad">{say('bundle.expired', { at: format.day(end) })}</Badge>;
  }
  return left < SOON_MS ? (
    <Badge tone="warning">
      {format.day(end)} ({format.ago(end)})
    </Badge>
  ) : (
    <Badge tone="good">{format.day(end)}</Badge>
  );
}

// Pages where those that name a bundle are.
const PAGES: Readonly<Record<string, string>> = {
  listeners: 'listeners',
  authentication: 'authentication',
  authorization: 'authorization',
};

function Users({ bundle }: { bundle: Bundle }) {
  const say = useText();
  if (bundle.referencing_configs.length === 0) {
    return <span className="faint">{say('bundle.unused')}</span>;
  }
  return (
    <ul>
      {bundle.referencing_configs.map(path => {
        const [root = '', kind = '', name = ''] = path;
        const text = root === 'listeners' ? `${kind}:${name}` : path.join('.');
        const page = PAGES[root];
        return <li key={text}>{page === undefined ? <code>{text}</code> : <a href={linkTo(page)}>{text}</a>}</li>;
      })}
    </ul>
  );
}
