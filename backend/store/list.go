package store

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
