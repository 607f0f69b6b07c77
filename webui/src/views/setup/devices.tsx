import { t } from '../../i18n';
import { edit, refresh, useFamily } from '../../model/family';
import { deviceTitle, owners, setOwner } from '../../model/devices';

import type { Status } from '../../types';
import { act } from '../../ui/messages';
import { Button, Card, Loading, Select, Switch } from '../../ui/parts';
import { useApi } from '../../use';

/** What a device gets that nobody named, where the parent chose so. */
const CAREFUL = 'age-7-12';

export function DevicesStep({ back, next }: { back(): void; next(): void }) {
  const family = useFamily();
  const status = useApi<Status>('status', 5);
  if (!family || !status.data) return <Loading problem={status.problem} />;
  const careful = family.unknown_devices === CAREFUL;
  const reload = () => Promise.all([refresh(), status.reload()]);
  return (
    <>
      <p class="lead">{t('setup_devices_lead')}</p>
      {status.data.devices.length === 0 && <p class="empty">{t('no_devices_yet')}</p>}
      <ul class="list devices">
        {status.data.devices.map((device) => (
          <li key={device.mac}>
            <div>
              <strong>{deviceTitle(device)}</strong>
              <p>{[device.vendor, device.addresses[0]].filter(Boolean).join(' · ')}</p>
            </div>
            <Select
              label={t('whose', { device: deviceTitle(device) })}
              class="narrow"
              value={device.person}
              options={owners(family)}
              onChange={(event) =>
                act(async () => {
                  await setOwner(family, device, event.currentTarget.value);
                  await reload();
                })
              }
            />
          </li>
        ))}
      </ul>
      <Card>
        <Switch
          label={t('careful_with_new')}
          hint={t('careful_with_new_hint')}
          checked={careful}
          onChange={(on) => act(() => edit((family) => void (family.unknown_devices = on ? CAREFUL : '')))}
        />
      </Card>
      <div class="row between">
        <Button kind="quiet" onClick={back}>
          {t('back')}
        </Button>
        <Button kind="main" onClick={next}>
          {t('next')}
        </Button>
      </div>
    </>
  );
}
