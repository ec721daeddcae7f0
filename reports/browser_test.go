package reports

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// browser is a real Chromium with the page of a day, and what it did besides showing it.
type browser struct {
	context.Context
	t  *testing.T
	mu sync.Mutex
	// asked are the addresses that were requested; complaints what the console was told.
	asked, complaints []string
}

func openPage(t *testing.T, day Day) *browser {
	t.Helper()
	program := os.Getenv("TIEOUT_TEST_CHROMIUM")
	if program == "" {
		t.Fatal("TIEOUT_TEST_CHROMIUM is not set: run the tests with `make test`, or this one with `.ci/with-chromium go test ./reports`")
	}
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatHTML, FormatCSV}, day); err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")), chromedp.WSURLReadTimeout(time.Minute))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	b := &browser{Context: tab, t: t}
	chromedp.ListenTarget(tab, b.listen)
	b.run(network.Enable(), runtime.Enable(), chromedp.Navigate("file://"+filepath.Join(dir, day.FinanceDay, "tieout-"+day.FinanceDay+".html")))
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, string(e.Type))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	}
}

func (b *browser) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.Context, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// texts is what a script that lists texts finds.
func (b *browser) texts(script string) (found []string) {
	b.t.Helper()
	b.run(chromedp.Evaluate("[...("+script+")]", &found))
	return found
}

// expectNone fails with what a script finds.
func (b *browser) expectNone(what, script string) {
	b.t.Helper()
	if found := b.texts(script); len(found) > 0 {
		b.t.Errorf("%s: %d, such as\n%s", what, len(found), strings.Join(found[:min(len(found), 8)], "\n"))
	}
}

func media(name, scheme string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithMedia(name).WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}})
}

// faint lists texts whose contrast with what is behind them is below that of WCAG AA: 4.5, or 3 for large letters.
const faint = `(() => {
	const parse = text => { const n = text.match(/[\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1] };
	const luminance = c => { const [r, g, b] = c.map(v => (v /= 255, v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
	const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1] };
	const found = new Set();
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('.skip') || e.tagName === 'title') continue;
		const style = getComputedStyle(e), ink = parse(e.closest('svg') ? style.fill : style.color), paper = behind(e.closest('svg') ? e.closest('svg').parentElement : e);
		const [a, b] = [luminance(ink.slice(0, 3)), luminance(paper.slice(0, 3))].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < (large ? 3 : 4.5)) found.add(ratio.toFixed(2) + ' ' + style.color + ' ' + e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 40));
	}
	return [...found];
})()`

// TestPageInABrowser opens the page of a busy day, with hostile text, in a real browser.
func TestPageInABrowser(t *testing.T) {
	b := openPage(t, busyDay(t))
	t.Run("nothing but itself", func(t *testing.T) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.asked) != 1 || len(b.complaints) > 0 {
			t.Errorf("asked for %q, complained %q", b.asked, b.complaints)
		}
	})
	t.Run("no script", func(t *testing.T) {
		b.t = t
		b.expectNone("scripts and handlers", `[...document.querySelectorAll('script, iframe, object, embed, link, img, base, form')].map(e => e.outerHTML)`)
		b.expectNone("handlers", `[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).map(e => e.outerHTML)`)
	})
	for _, scheme := range []string{"light", "dark"} {
		t.Run("contrast in "+scheme, func(t *testing.T) {
			b.t = t
			b.run(media("screen", scheme))
			b.expectNone("faint texts", faint)
		})
	}
	t.Run("contrast and openness in print", func(t *testing.T) {
		b.t = t
		b.run(media("print", "dark"))
		b.expectNone("faint texts", faint)
		b.expectNone("explanations that are not printed", `[...document.querySelectorAll('details > p')].filter(e => e.getBoundingClientRect().height === 0).map(e => e.textContent)`)
		b.run(media("screen", "light"))
	})
	for _, width := range []int64{320, 390, 768, 1440} {
		t.Run(fmt.Sprintf("%d wide", width), func(t *testing.T) {
			b.t = t
			b.run(chromedp.EmulateViewport(width, 800))
			b.expectNone("the page is wider than the screen", `document.documentElement.scrollWidth > innerWidth ? [document.documentElement.scrollWidth + ' of ' + innerWidth] : []`)
			b.expectNone("cut-off text outside of what scrolls", `[...document.querySelectorAll('h1, h2, h3, p, li, dd, summary, figcaption')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && !e.closest('.skip')).map(e => e.textContent)`)
		})
	}
	t.Run("structure", func(t *testing.T) {
		b.t = t
		b.structure()
	})
	t.Run("an exception opens", func(t *testing.T) {
		b.t = t
		var before, after, said string
		b.run(chromedp.Evaluate(`String(document.querySelector('details > p').checkVisibility())`, &before), chromedp.Click("summary", chromedp.ByQuery),
			chromedp.Evaluate(`String(document.querySelector('details > p').checkVisibility())`, &after), chromedp.Text("details > p", &said, chromedp.ByQuery))
		if before != "false" || after != "true" || said != busyExceptions()[0].Explanation {
			t.Errorf("seen before %s, after %s: %q", before, after, said)
		}
	})
	t.Run("it prints", func(t *testing.T) {
		b.run(chromedp.ActionFunc(func(ctx context.Context) error {
			pdf, _, err := cdpage.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
			if err == nil && len(pdf) < 10_000 {
				err = fmt.Errorf("%d bytes", len(pdf))
			}
			return err
		}))
	})
}

// structure checks what those rely on who listen to the page.
func (b *browser) structure() {
	b.expectNone("headings that skip a level", `(() => { let last = 0; return [...document.querySelectorAll('h1, h2, h3, h4')].filter(h => { const level = +h.tagName[1], skips = level > last + 1; last = level; return skips }).map(h => h.textContent) })()`)
	if titles := b.texts(`[...document.querySelectorAll('h1')].map(h => h.textContent)`); !slices.Equal(titles, []string{"tieout: finance day 2026-03-10"}) {
		b.t.Errorf("h1: %q", titles)
	}
	b.expectNone("ids that are there twice", `[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)`)
	b.expectNone("links that lead nowhere", `[...document.querySelectorAll('a')].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).map(a => a.outerHTML)`)
	b.expectNone("column headers without a scope", `[...document.querySelectorAll('thead th')].filter(th => th.scope !== 'col' || !th.textContent).map(th => th.outerHTML)`)
	b.expectNone("rows without a header", `[...document.querySelectorAll('tbody tr:not(.more), tfoot tr')].filter(tr => tr.children[0].tagName !== 'TH' || tr.children[0].scope !== 'row').map(tr => tr.outerHTML)`)
	b.expectNone("rows of another width than their header", `[...document.querySelectorAll('tbody tr, tfoot tr')].filter(tr => [...tr.children].reduce((n, c) => n + c.colSpan, 0) !== tr.closest('table').tHead.rows[0].cells.length).map(tr => tr.outerHTML)`)
	b.expectNone("what scrolls and cannot be reached or named", `[...document.querySelectorAll('.scroll')].filter(e => e.tabIndex !== 0 || e.getAttribute('role') !== 'region' || !e.getAttribute('aria-label')).map(e => e.outerHTML.slice(0, 80))`)
	b.expectNone("drawings without words", `[...document.querySelectorAll('svg')].filter(e => e.getAttribute('aria-hidden') !== 'true' && !(e.getAttribute('role') === 'img' && e.getAttribute('aria-label'))).map(e => e.outerHTML.slice(0, 80))`)
	want := []string{"Summary", "Exceptions", "Changes since last report", "Ageing", "Tie-out", "Payouts", "Refund window", "Canceled orders", "Fees", "Matched", "Control totals"}
	if diff := cmp.Diff(want, b.texts(`[...document.querySelectorAll('h2')].map(h => h.textContent)`)); diff != "" {
		b.t.Errorf("sections (-want +got):\n%s", diff)
	}
}

// TestEmptyPageInABrowser: a day on which nothing happened is a page too, and a green one.
func TestEmptyPageInABrowser(t *testing.T) {
	b := openPage(t, emptyDay(t))
	b.expectNone("faint texts", faint)
	b.structure()
	if said := b.texts(`[...document.querySelectorAll('.ties p')].map(p => p.textContent)`); !slices.Equal(said, []string{"Everything ties out."}) {
		t.Errorf("verdict %q", said)
	}
}
