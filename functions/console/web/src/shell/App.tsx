import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/call";
import { href, Link, match, navigate, usePath } from "../router";
import { FIRST_PAGE, routes } from "../routes";
import { me, token } from "../session";
import { useStore } from "../store";
import { t } from "../texts";
import { Confirmation } from "../ui/Confirm";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";
import { Problem } from "../ui/Problem";
import { Toasts } from "../ui/Toast";
import { Broken } from "./Broken";
import { Frame } from "./Frame";
import { SignIn } from "./SignIn";

export function App() {
  const secret = useStore(token);
  const who = useStore(me);
  const [problem, setProblem] = useState<unknown>(null);
  const ask = () => {
    setProblem(null);
    call("get", "/v1/me").then((found) => me.set(found), setProblem);
  };
  useEffect(() => {
    if (secret && !who) ask();
  }, [secret]);
  if (!secret) return <SignIn />;
  return (
    <>
      <Frame>
        {problem ? <Problem problem={problem} again={ask} /> : who && <CurrentPage key={who.organization} />}
      </Frame>
      <Confirmation />
      <Toasts />
    </>
  );
}

/** The page of the address. */
function CurrentPage() {
  const path = usePath();
  const found = findRoute(path);
  // Another image of a dataset, say, is no other page.
  const which = found && JSON.stringify([found.route.pattern, found.params["id"], found.params["ws"]]);
  const firstOne = useRef(true);

  useEffect(() => {
    if (path === href("/") || path === href("/sign-in")) navigate(href(FIRST_PAGE), { replace: true });
  }, [path]);
  useEffect(() => {
    // A screen reader is told where a link has led to.
    if (!firstOne.current) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    firstOne.current = false;
  }, [which]);

  if (!found) return <NotFound />;
  const Current = found.route.page;
  return (
    <Broken place={path}>
      <Current key={which} params={found.params} />
    </Broken>
  );
}

function findRoute(path: string) {
  for (const route of routes) {
    const params = match(route.pattern, path);
    if (params) return { route, params };
  }
  return null;
}

function NotFound() {
  return (
    <Page title={t.shell.notFoundTitle}>
      <Empty icon="search" title={t.shell.notFoundText}>
        <Link to={href(FIRST_PAGE)}>{t.shell.toStart}</Link>
      </Empty>
    </Page>
  );
}
