import { Component, type ComponentChildren } from "preact";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Empty";

/** Keeps a page that breaks from taking the others with it. `place` is the page's address: another one starts anew. */
export class Broken extends Component<
  { place: string; children: ComponentChildren },
  { error: unknown; place: string }
> {
  override state = { error: null as unknown, place: this.props.place };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error, place: this.props.place });
  }

  render() {
    if (!this.state.error || this.state.place !== this.props.place) return this.props.children;
    return (
      <Empty icon="failed" title={t.shell.brokenTitle}>
        <p>{t.shell.brokenText}</p>
        <Button onPress={() => location.reload()}>{t.shell.again}</Button>
      </Empty>
    );
  }
}
