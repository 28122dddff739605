// Leads to a client that is searched for and is not in the list, where something is known of it.
import { part } from '../../api/request';
import type { Timeline } from '../../api/timeline';
import { useQuery } from '../../api/use_query';
import { Icon } from '../../parts/icon';
import { Moment } from '../../parts/moment';
import { linkTo } from '../../state/route';
import { useText } from '../../text/text';

export function PastClient({ id }: { id: string }) {
  const say = useText();
  const last = useQuery<Timeline>(`/clients/${part(id)}/timeline`).data?.data.at(-1);
  if (last === undefined) {
    return null;
  }
  return (
    <p className="note note-info note-start">
      <Icon name="clock" />
      <span>
        <a href={linkTo('clients', [id])}>{id}</a>: {say(`timeline.${last.event}`)},{' '}
        <Moment at={last.last_at ?? last.at} />
      </span>
    </p>
  );
}
