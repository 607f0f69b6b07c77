import { t } from '../../i18n';
import { useFamily } from '../../model/family';
import type { Status } from '../../types';
import { Icon } from '../../ui/icon';
import { Card } from '../../ui/parts';
import { useApi } from '../../use';
import { Notices } from '../home/notices';

export function DoneStep() {
  const family = useFamily();
  const status = useApi<Status>('status');
  const children = family?.person.filter((person) => person.profile !== 'adult').length ?? 0;
  return (
    <>
      <p class="lead">{t('done_lead')}</p>
      <ul class="ticks">
        <li>
          <Icon name="check" />
          {t('done_people', { n: children })}
        </li>
        <li>
          <Icon name="check" />
          {t('done_devices', { n: family?.device.length ?? 0 })}
        </li>
        <li>
          <Icon name="check" />
          {t('done_router')}
        </li>
      </ul>
      <Notices status={status.data} />
      <Card title={t('done_child_title')}>
        <p>{t('done_child')}</p>
        <p>
          <code>http://{location.host}/toi</code>
        </p>
      </Card>
      <a class="button main wide" href="/">
        {t('done_go')}
      </a>
    </>
  );
}
