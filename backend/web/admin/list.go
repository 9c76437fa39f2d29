package admin

import (
	"net/url"
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/store"
)

// A list shows one page of the rows of a module. Its address holds what is asked for, so
// that the browser's back button and a link to a colleague work.
type list struct {
	Module, Icon         string
	MayEdit              bool
	Query                store.ListQuery
	Columns              []column
	Rows                 []row
	Total, All, From, To int
	Pages                []pageLink
	Extras               []extra
}

// column is a head of the table.
type column struct {
	key   string // the list's sort key; "" cannot be sorted by
	Label string
	low   bool // left out where the page is narrow
	last  bool // left out on telephones only
	num   bool

	Href, Aria string
}

// Class is for the style sheet.
func (c column) Class() string { return cell{low: c.low, last: c.last, num: c.num}.Class() }

// row is one record: its name, which opens it, and cells as there are columns after the first.
type row struct {
	ID             int64
	Name, Initials string
	Note           string // small, under the name
	Cells          []cell
}

type cell struct {
	Text                 string
	Badges               []badge
	When                 time.Time
	low, last, num, mono bool
}

// Class is for the style sheet.
func (c cell) Class() string {
	class := ""
	if c.low {
		class = "col-low"
	}
	if c.last {
		class += " col-last"
	}
	if c.num {
		class += " num"
	}
	if c.mono {
		class += " mono"
	}
	return class
}

type badge struct {
	Text, Tone string
	Dot        bool
}

// extra is a further button of the toolbar.
type extra struct {
	Href, Icon, Label string
	Download          bool
}

type pageLink struct {
	Number       int
	Href         string
	Current, Gap bool
}

// pageSize is how many rows a page of a list has.
const pageSize = 25

// listQuery reads q, sort, dir and page of an address. What is not understood is left out.
func listQuery(values url.Values) store.ListQuery {
	page, err := strconv.Atoi(values.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	return store.ListQuery{Search: values.Get("q"), Sort: values.Get("sort"), Desc: values.Get("dir") == "desc", Page: page, Size: pageSize}
}

// sorted is the query for the store: by a list's first column when none is asked for.
func (l *list) sorted(first string) store.ListQuery {
	q := l.Query
	if q.Sort == "" {
		q.Sort = first
	}
	return q
}

// sheetLinks are the buttons by which a list goes out to a spreadsheet and comes back.
func (v *visit) sheetLinks(module string) []extra {
	links := []extra{{Href: "/admin/" + module + "/export", Icon: "download", Label: v.t("sheet.export"), Download: true}}
	if v.may(editor) {
		links = append(links, extra{Href: "/admin/" + module + "/import", Icon: "upload", Label: v.t("sheet.import")})
	}
	return links
}

// address is the list's with a query, the shortest one, below /admin/: templates write
// that themselves, so that no value can say where a link leads.
func address(module string, q store.ListQuery) string {
	v := url.Values{}
	if q.Search != "" {
		v.Set("q", q.Search)
	}
	if q.Sort != "" {
		v.Set("sort", q.Sort)
	}
	if q.Desc {
		v.Set("dir", "desc")
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if len(v) == 0 {
		return module
	}
	return module + "?" + v.Encode()
}

// finish fills in what follows from the rest.
func (l *list) finish() {
	l.From, l.To = (l.Query.Page-1)*l.Query.Size+1, (l.Query.Page-1)*l.Query.Size+len(l.Rows)
	sort := l.Query.Sort
	for i := range l.Columns {
		c := &l.Columns[i]
		if c.key == "" {
			continue
		}
		if sort == "" {
			sort = c.key // the first is what a list is ordered by
		}
		q := l.Query
		q.Sort, q.Desc, q.Page = c.key, false, 1
		if c.key == sort {
			c.Aria = map[bool]string{false: "ascending", true: "descending"}[l.Query.Desc]
			q.Desc = !l.Query.Desc
		}
		c.Href = address(l.Module, q)
	}
	last := (l.Total + l.Query.Size - 1) / max(1, l.Query.Size)
	for n := 1; n <= last; n++ {
		switch {
		case n == 1, n == last, n >= l.Query.Page-2 && n <= l.Query.Page+2:
			q := l.Query
			q.Page = n
			l.Pages = append(l.Pages, pageLink{Number: n, Href: address(l.Module, q), Current: n == l.Query.Page})
		case !l.Pages[len(l.Pages)-1].Gap:
			l.Pages = append(l.Pages, pageLink{Gap: true})
		}
	}
}
