import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/call";
import { href, Link, match, navigate, place, usePath } from "../router";
import { FIRST_PAGE, type PageProps, routes } from "../routes";
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
    if (!secret || who) return;
    ask();
    void findRoute(place.value.split("?")[0] ?? "")?.route.load(); // while the answer is on its way
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

type Shown = { pattern: string; page: FunctionComponent<PageProps> };

/** The page of the address. The one before stays until the next one's code is there. */
function CurrentPage() {
  const path = usePath();
  const [shown, setShown] = useState<Shown | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const found = findRoute(path);
  const firstOne = useRef(true);

  useEffect(() => {
    if (path === href("/") || path === href("") || path === href("/sign-in")) navigate(href(FIRST_PAGE), { replace: true });
  }, [path]);
  useEffect(() => {
    let current = true;
    setProblem(null);
    found?.route.load().then(
      (loaded) => current && setShown({ pattern: found.route.pattern, page: loaded.default }),
      (error: unknown) => current && setProblem(error),
    );
    return () => {
      current = false;
    };
  }, [found?.route]);
  useEffect(() => {
    if (!shown) return;
    if (!firstOne.current) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    firstOne.current = false;
  }, [shown?.pattern, found && JSON.stringify(found.params)]);

  if (!found) return <NotFound />;
  if (problem) return <Problem problem={problem} again={() => location.reload()} />;
  if (shown?.pattern !== found.route.pattern) return <p class="page quiet">{t.shell.loading}</p>;
  const Current = shown.page;
  return (
    <Broken place={path}>
      <Current key={JSON.stringify([shown.pattern, found.params["id"], found.params["ws"]])} params={found.params} />
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
