import { Store } from "../../../store";
import type { Source } from "./source";
import { Transfer } from "./transfer";

const DOWNLOAD_MS = 3000;

/** Uploads of this tab; they go on while other pages of the console are shown. */
export const transfers = new Store<Transfer[]>([]);
let leavingAllowed = 0;

/** Begin to send; what goes wrong before the first byte is thrown. */
export async function startUpload(workspace: string, name: string, source: Source): Promise<Transfer> {
  const transfer = await Transfer.begin(workspace, name, source);
  const others = transfers.value.filter((one) => one.workspace !== workspace || one.name !== name);
  for (const one of transfers.value) if (!others.includes(one)) one.pause(); // the same dataset, begun again
  transfers.set([...others, transfer]);
  void transfer.run();
  return transfer;
}

export function forget(transfer: Transfer): void {
  transfers.set(transfers.value.filter((one) => one !== transfer));
}

/** Follow a presigned address: the browser stores the file and the page stays. */
export function download(url: string): void {
  leavingAllowed = performance.now() + DOWNLOAD_MS;
  location.assign(url);
}

window.addEventListener("beforeunload", (event) => {
  const open = transfers.value.some(({ state }) => ["sending", "paused", "finishing"].includes(state.value.stage));
  if (open && performance.now() > leavingAllowed) event.preventDefault();
});
