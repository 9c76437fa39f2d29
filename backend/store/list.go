package store

import (
	"context"
	"database/sql"
	"strings"
	"unicode"

	"gorm.io/gorm"
)

// ListQuery asks for one page of a list.
type ListQuery struct {
	Search     string // what the rows hold, without case; "" for all
	Sort       string // one of the list's keys; its first when unknown
	Desc       bool
	Page, Size int // from 1; 25 rows when 0, at most 500
}

// List is one page.
type List[T any] struct {
	Rows       []T
	Total      int // rows that match
	All        int // rows there are
	Page, Size int // as they were used: Page is one that there is
}

const (
	defaultSize = 25
	maxSize     = 500
	maxSearch   = 300 // bytes; no field is longer
)

// listing is how a list is asked for. All of it is constant: what a caller sends
// chooses among sorts and is a value of match.
type listing struct {
	count  string              // all rows
	ids    string              // SELECT of the ids of those that match; @pattern is what to look for
	rows   string              // SELECT of the rows
	sorts  map[string][]string // key → columns
	normal string              // the key when it is unknown
}

func (l listing) order(q ListQuery) string {
	columns, ok := l.sorts[q.Sort]
	if !ok {
		columns = l.sorts[l.normal]
	}
	if q.Desc {
		return " ORDER BY " + strings.Join(columns, " DESC, ") + " DESC"
	}
	return " ORDER BY " + strings.Join(columns, ", ")
}

// list reads a page; inside a transaction, so that rows and numbers fit together.
func list[Row any](tx *gorm.DB, l listing, q ListQuery) (page List[Row], err error) {
	if page.Size = q.Size; page.Size <= 0 {
		page.Size = defaultSize
	}
	page.Size = min(page.Size, maxSize)
	if err := tx.Raw(l.count).Scan(&page.All).Error; err != nil {
		return page, err
	}
	order, search := l.order(q), searched(q.Search)
	if search == "" {
		page.Total = page.All
		offset := page.turn(q.Page)
		return page, tx.Raw(l.rows+order+" LIMIT ? OFFSET ?", page.Size, offset).Scan(&page.Rows).Error
	}
	var ids []int64
	values := map[string]any{"pattern": pattern(search)}
	if err := tx.Raw(l.ids, values).Scan(&ids).Error; err != nil {
		return page, err
	}
	page.Total = len(ids)
	values["size"], values["offset"] = page.Size, page.turn(q.Page)
	if page.Total > maxSize { // among many, those of the page are soon found in the list's order
		ids = nil
		if err := tx.Raw(l.ids+order+" LIMIT @size OFFSET @offset", values).Scan(&ids).Error; err != nil {
			return page, err
		}
		values["offset"] = 0
	}
	values["ids"] = ids
	return page, tx.Raw(l.rows+" WHERE id IN @ids"+order+" LIMIT @size OFFSET @offset", values).Scan(&page.Rows).Error
}

// turn goes to a page that there is and returns its first row.
func (l *List[T]) turn(to int) (offset int) {
	last := max(1, (l.Total+l.Size-1)/l.Size)
	l.Page = min(max(1, to), last)
	return (l.Page - 1) * l.Size
}

// searched is what to look for: no field has controls, nor blanks at its ends.
func searched(s string) string {
	if len(s) > maxSearch {
		s = s[:maxSearch]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.TrimSpace(s)
}

// pattern is that of GLOB for whatever holds a text, without case: LIKE knows the case
// of ASCII only. Each letter is a set of its cases, and so are GLOB's own signs, which
// then mean themselves.
func pattern(text string) string {
	var b strings.Builder
	b.WriteByte('*')
	for _, r := range text {
		other := unicode.SimpleFold(r)
		if other == r && !strings.ContainsRune("*?[", r) {
			b.WriteRune(r)
			continue
		}
		b.WriteByte('[')
		b.WriteRune(r)
		for ; other != r; other = unicode.SimpleFold(other) {
			b.WriteRune(other)
		}
		b.WriteByte(']')
	}
	b.WriteByte('*')
	return b.String()
}

// look reads the draft as it is at one moment.
func (s *Store) look(ctx context.Context, do func(tx *gorm.DB) error) error {
	return s.read.WithContext(ctx).Transaction(do, &sql.TxOptions{ReadOnly: true})
}

// uses is what a query of ids and names of their users finds, by id.
func uses(tx *gorm.DB, query string, ids []int64) (map[int64][]string, error) {
	var rows []struct {
		ID   int64
		User string
	}
	if err := tx.Raw(query, ids).Scan(&rows).Error; err != nil {
		return nil, err
	}
	m := make(map[int64][]string)
	for _, r := range rows {
		m[r.ID] = append(m[r.ID], r.User)
	}
	return m, nil
}

// used tells of the items that query names, by id and name, where they are used.
func used(tx *gorm.DB, query string, ids []int64, where func(*gorm.DB, []int64) (map[int64][]string, error)) (list []Use, err error) {
	var items []struct {
		ID   int64
		Name string
	}
	if err := tx.Raw(query, ids).Scan(&items).Error; err != nil {
		return nil, err
	}
	users, err := where(tx, ids)
	for _, item := range items {
		list = append(list, Use{item.ID, item.Name, users[item.ID]})
	}
	return list, err
}

// find reads a row by its id, or returns ErrGone.
func find[Row any](tx *gorm.DB, id int64) (row Row, err error) {
	found := tx.Where("id = ?", id).Limit(1).Find(&row)
	if found.Error == nil && found.RowsAffected == 0 {
		return row, ErrGone
	}
	return row, found.Error
}
