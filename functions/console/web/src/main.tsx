import { render } from "preact";
import { App } from "./shell/App";
import { followLink } from "./shell/link";
import { apply } from "./shell/theme";

apply();
void followLink();
window.addEventListener("hashchange", () => void followLink());
const root = document.getElementById("console");
if (root) render(<App />, root);
