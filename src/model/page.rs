//! Pages of lists: how many, after which key, and where the next page begins.

/// What is asked for: at most `limit` items after the key `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<K> {
    pub limit: usize,
    pub after: Option<K>,
}

/// Some items, and the key to go on after; `None`: these were the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, K> {
    pub items: Vec<T>,
    pub next: Option<K>,
}

impl<K> PageRequest<K> {
    /// The first page.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { limit, after: None }
    }

    /// How many rows to read: one more than asked for tells whether there is a next page.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }

    /// The page out of `fetch` rows.
    #[must_use]
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Page<T, K> {
        let has_more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = if has_more { rows.last().map(key) } else { None };
        Page { items: rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_too_many_means_that_there_is_more() {
        let request = PageRequest { limit: 2, after: Some(0) };
        assert_eq!(request.fetch(), 3);
        assert_eq!(request.page(vec![1, 2, 3], |n| *n), Page { items: vec![1, 2], next: Some(2) });
        assert_eq!(request.page(vec![1, 2], |n| *n), Page { items: vec![1, 2], next: None });
        assert_eq!(request.page(Vec::new(), |n: &i32| *n), Page { items: vec![], next: None });
    }
}
