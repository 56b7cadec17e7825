"""The books of a soak: one line a round, one table for all."""

from .rounds import PHASES


def kills(results):
    return sum(blow["what"].startswith("kill") for result in results for blow in result["blows"])


def line(result, seed, folder):
    blows = ", ".join(f"{blow['what']} in {blow['phase']}" for blow in result["blows"])
    text = f"{result['round']}  {result['scenario']}: {blows or 'nothing'}; {result['seconds']} s"
    for difference in result["differences"][:20]:
        text += f"\n    {difference}"
    if result["differences"]:
        text += f"\n    kept in {folder}; again: bench/kill_soak.py --seed {seed} --round {result['round']}"
    return text


def table(books):
    """Markdown: a row a scenario."""
    rows = {}
    for book in books:
        for result in book["rounds"]:
            kind = {"single": "one trainer", "disk": "one trainer", "cluster": "several"}[result["round"].split("-")[0]]
            rows.setdefault(f"{kind}: {result['scenario']}", []).append(result)
    head = ["runs", "rounds", "kills", *PHASES, "stops", "disk full", "resumes", "steps lost", "differences"]
    text = "| " + " | ".join(head) + " |\n|" + "---|" * len(head) + "\n"
    for name in sorted(rows):
        text += row(name, rows[name])
    every = [result for results in rows.values() for result in results]
    text += row("**all**", every)
    seconds = sum(book["seconds"] for book in books)
    seeds = ", ".join(str(book["seed"]) for book in books)
    return text + f"\nSeed {seeds}; {seconds / 60:.0f} minutes.\n"


def row(name, results):
    blows = [blow for result in results for blow in result["blows"]]
    dead = [blow for blow in blows if blow["what"].startswith("kill")]
    cells = [
        name, len(results), len(dead), *(sum(blow["phase"] == phase for blow in dead) for phase in PHASES),
        sum(blow["what"] in ("TERM", "INT") for blow in blows), sum(blow["what"] == "disk full" for blow in blows),
        sum(result["resumes"] for result in results), sum(result["lost"] for result in results),
        sum(len(result["differences"]) for result in results)]
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"
