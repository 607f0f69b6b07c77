// Telling the centre of a site that is blocked wrongly, or that harms children. What is sent is said beforehand.

import { useState } from 'preact/hooks';
import { post } from '../api';
import { compare, t } from '../i18n';
import type { Names } from '../model/names';
import { useAction } from '../use';
import { say } from './messages';
import { Button, Select, Sheet, Trouble } from './parts';

interface Props {
  site: string;
  blocked: boolean;
  names: Names;
  onClose(): void;
}

/** What the button that opens the sheet says. */
export const reportText = (blocked: boolean) => t(blocked ? 'report_wrong' : 'report_harmful');

export function ReportSheet({ site, blocked, names, onClose }: Props) {
  const [category, setCategory] = useState('');
  const { busy, problem, run } = useAction();
  const send = () =>
    run(async () => {
      await post('reports', { kind: blocked ? 'wrong' : 'harmful', name: site, category });
      say(t('report_kept'));
      onClose();
    });
  const harms = names.categories.filter(({ key }) => key !== 'always').map(({ key }): [string, string] => [key, names.category(key)]);
  return (
    <Sheet title={reportText(blocked)} onClose={onClose}>
      <p translate={false}>
        <strong>
          <bdi>{site}</bdi>
        </strong>
      </p>
      {!blocked && (
        <Select
          label={t('report_about')}
          value={category}
          options={[['', t('report_unsure')], ...harms.sort(([, a], [, b]) => compare(a, b))]}
          onChange={(event) => setCategory(event.currentTarget.value)}
        />
      )}
      <p class="hint">{t('report_privacy')}</p>
      {!blocked && <p class="hint">{t('report_danger')}</p>}
      <Button kind="main" busy={busy} onClick={send}>
        {t('report_send')}
      </Button>
      <Trouble problem={problem} />
    </Sheet>
  );
}
