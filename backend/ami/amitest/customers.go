package amitest

import (
	"slices"
	"time"
)

// Customer is somebody the demo's customer page knows. All of them are invented.
// Their telephone numbers are of the ranges that regulators keep for films (Ofcom,
// NANPA 555-01xx, Bundesnetzagentur, ARCEP, ACMA, PTS), so that a call back
// disturbs nobody.
type Customer struct {
	Number   string // customer number, five digits: what the caller types
	Name     string
	Company  string // "" for a private person
	Phone    string // as the caller id shows it, with country
	City     string
	Country  string
	Language string // BCP 47
	Contract string
	Since    int // year
	Orders   []Order
	Note     string // what the last agent wrote
}

// Order is one of a customer's last orders.
type Order struct {
	Number  string
	DaysAgo int // counted from today, so that the page never looks old
	What    string
	Amount  string
	State   string
}

// Date is the day of the order.
func (o Order) Date(today time.Time) time.Time { return today.AddDate(0, 0, -o.DaysAgo) }

var customers = []Customer{
	{
		Number: "12345", Name: "Amelia Hartley", Phone: "+442079460321", City: "London", Country: "United Kingdom", Language: "en",
		Contract: "Home fibre 500", Since: 2019, Note: "Prefers to be called in the afternoon.",
		Orders: []Order{
			{"SO-30718", 3, "Mesh extender, 2 pieces", "£118.00", "On its way"},
			{"SO-29844", 96, "Router exchange", "£0.00", "Delivered"},
		},
	},
	{
		Number: "20417", Name: "Seán O'Neill", Company: "O'Neill & Daughters Bakery", Phone: "+353209134471", City: "Galway", Country: "Ireland", Language: "en",
		Contract: "Business line 3, card terminals", Since: 2016, Note: "Opens at five in the morning: outages before seven are urgent.",
		Orders: []Order{
			{"SO-30655", 9, "Card terminal, counter 2", "€249.00", "Delivered"},
			{"SO-30102", 61, "Additional line", "€19.00 a month", "Active"},
		},
	},
	{
		Number: "31186", Name: "Jürgen Weiß", Company: "Weiß Maschinenbau GmbH", Phone: "+493023125714", City: "Berlin", Country: "Germany", Language: "de",
		Contract: "Business fibre 1000, service level 4 h", Since: 2012, Note: "Technical questions to Ms Yılmaz, invoices to Mr Weiß.",
		Orders: []Order{
			{"SO-30731", 1, "Static addresses, /29", "€25.00 a month", "In progress"},
			{"SO-30477", 27, "Second router, fail-over", "€389.00", "Delivered"},
		},
	},
	{
		Number: "42790", Name: "Claire Moreau", Phone: "+33199004720", City: "Lyon", Country: "France", Language: "fr",
		Contract: "Mobile 40 GB", Since: 2022, Note: "Moves house next month: new address is on file.",
		Orders: []Order{{"SO-30598", 15, "Number transfer", "€0.00", "Waiting for old provider"}},
	},
	{
		Number: "53324", Name: "Marcus Bell", Company: "Harbor Dental Group", Phone: "+12125550148", City: "New York", Country: "United States", Language: "en",
		Contract: "Hosted phones, 24 seats", Since: 2018, Note: "Reported echo on two phones, ticket 8812 is open.",
		Orders: []Order{
			{"SO-30702", 4, "Desk phone, 6 pieces", "$894.00", "Packed"},
			{"SO-30011", 74, "Headset, 4 pieces", "$356.00", "Delivered"},
		},
	},
	{
		Number: "64051", Name: "Ingrid Sjöberg", Phone: "+46846500412", City: "Stockholm", Country: "Sweden", Language: "sv",
		Contract: "Home fibre 250", Since: 2020, Note: "Wants to change to 500 when the offer runs out.",
		Orders: []Order{{"SO-30420", 33, "Television box", "899 kr", "Delivered"}},
	},
	{
		Number: "75938", Name: "Daniel Nguyen", Phone: "+61491570156", City: "Melbourne", Country: "Australia", Language: "en",
		Contract: "Mobile unlimited, 2 cards", Since: 2023, Note: "Second invoice of last month was paid twice: refund promised.",
		Orders: []Order{
			{"SO-30689", 6, "Refund of invoice", "−A$64.00", "Approved"},
			{"SO-30344", 41, "Second card", "A$29.00 a month", "Active"},
		},
	},
	{
		Number: "86612", Name: "Chloé Tremblay", Company: "Atelier Tremblay", Phone: "+16045550172", City: "Vancouver", Country: "Canada", Language: "fr",
		Contract: "Business line 1", Since: 2021, Note: "",
		Orders: []Order{{"SO-30733", 0, "Voicemail to e-mail", "$4.00 a month", "Ordered today"}},
	},
}

// Customers is everybody the demo's customer page knows, by number.
func Customers() []Customer {
	c := slices.Clone(customers)
	for i := range c {
		c[i].Orders = slices.Clone(c[i].Orders)
	}
	return c
}

// FindCustomer is the customer with a number; false when there is none.
func FindCustomer(number string) (Customer, bool) {
	for _, c := range Customers() {
		if c.Number == number {
			return c, true
		}
	}
	return Customer{}, false
}
