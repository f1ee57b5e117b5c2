// The page: the list of jobs or one of them, by its address; and what to do where there is no token or a wrong one.
import { render } from "preact";
import "./page.css";
import { JobPage } from "./job_page";
import { ListPage } from "./list_page";
import { Command } from "./parts";
import { PoolsPage } from "./pools_page";
import { arrive, hasMoved, here, isRefused, token, trouble } from "./session";
import { Voice } from "./voice";

function NoEntry() {
  const why = token.value
    ? "This server does not know the token that this tab came with. Each start of drover serve makes a new one."
    : "What is here is for whoever has the token of the server, and this tab has none.";
  return (
    <main>
      <h1>{token.value ? "The token is not this server’s" : "No token"}</h1>
      <p role="alert">{why}</p>
      <p>In the folder of your estate, or where you submitted your jobs, type</p>
      <p>
        <Command text="drover open" />
      </p>
      <p class="empty">
        It opens this page, or says its address where there is no browser. The token stays in the tab until that is closed.
      </p>
    </main>
  );
}

function View() {
  if (!token.value || isRefused.value) return <NoEntry />;
  const place = here.value;
  if (place.kind === "pools") return <PoolsPage />;
  return place.kind === "job" ? <JobPage key={place.id} id={place.id} /> : <ListPage />;
}

function Ways() {
  const inPools = here.value.kind === "pools";
  return (
    <nav aria-label="Views">
      <a href="#/" aria-current={inPools ? undefined : "page"}>
        Jobs
      </a>
      <a href="#/pools" aria-current={inPools ? "page" : undefined}>
        Pools
      </a>
    </nav>
  );
}

function Page() {
  return (
    <>
      <header>
        <a href="#/" class="brand">
          <img src="/icon.svg" alt="" width="22" height="22" /> Drover
        </a>
        {token.value && !isRefused.value && <Ways />}
      </header>
      <View />
      <Voice />
      {trouble.value && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
    </>
  );
}

arrive();
addEventListener("hashchange", () => {
  hasMoved.value = true;
  arrive();
  scrollTo(0, 0);
});
render(<Page />, document.getElementById("page")!);
