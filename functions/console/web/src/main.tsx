import { render } from "preact";
import { takeTokenFromAddress } from "./session";
import { App } from "./shell/App";
import { apply } from "./shell/theme";

apply();
takeTokenFromAddress();
window.addEventListener("hashchange", takeTokenFromAddress);
const root = document.getElementById("console");
if (root) render(<App />, root);
