// The device that signs for an account, as requests name it.
import { deviceIdOf } from '@reprise/protocol/formats';
import type { AccountSession } from '@reprise/sdk/account';

export async function deviceOf({ author }: AccountSession) {
  return { ...author.device, deviceId: await deviceIdOf(author.device.publicKey) };
}
