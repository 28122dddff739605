// How long ago something was; when exactly is shown where the pointer rests.
import { useEffect, useState } from 'react';
import { useFormat } from '../text/format';

// `at`: text of RFC 3339, or milliseconds since 1970.
export function Moment({ at }: { at: string | number | null | undefined }) {
  const format = useFormat();
  const [, setRound] = useState(0);
  const milliseconds = typeof at === 'number' ? at : Date.parse(at ?? '');
  const isRecent = Math.abs(Date.now() - milliseconds) < 3_600_000;
  useEffect(() => {
    const timer = window.setInterval(() => setRound(round => round + 1), isRecent ? 10_000 : 60_000);
    return () => window.clearInterval(timer);
  }, [isRecent]);
  if (Number.isNaN(milliseconds)) {
    return <span className="faint">–</span>;
  }
  return (
    <time dateTime={new Date(milliseconds).toISOString()} title={format.moment(milliseconds)}>
      {format.ago(milliseconds)}
    </time>
  );
}
