import { render } from "preact";
import { App } from "./app";
import { keepForOffline } from "./keep";
import { readTaught } from "./taught";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/recognize.css";
import "./styles/pages.css";

void readTaught();
render(<App />, document.getElementById("app")!);
keepForOffline();
