import type {HostHub} from '../../services/host-hub.ts'

/** A node ends when it is refused a write; whoever looks after it starts it again. */
export async function supervised(hub: HostHub): Promise<void> {
  await hub.supervise('one@test')
  await hub.flower(['one@test'])
}
