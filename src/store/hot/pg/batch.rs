//! Look-ups that come while another one is under way are asked together, as one query: most of what a small query costs
//! the database is its beginning and its end. A look-up that comes alone waits for nobody.

use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::oneshot;
use tokio_postgres::Client;
use tokio_postgres::Row as PgRow;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::error::Result;
use crate::model::proof::Proof;
use crate::store::hot::pg::read;
use crate::store::hot::proof;

/// The most that one query asks for.
const MOST: usize = 64;

/// The words that a look-up is made of, in the order in which the text of the query names them.
pub(super) type Words = Vec<String>;
type Answer = oneshot::Sender<Result<Vec<Proof>>>;

/// One query, and who waits to ask it.
pub(super) struct Batch {
    client: Rc<Client>,
    one: Statement,
    many: Statement,
    waiting: RefCell<Vec<(Words, Answer)>>,
    is_asking: Cell<bool>,
}

impl Batch {
    /// `text` names so many words, as `$1` and so on.
    pub(super) async fn prepare(client: &Rc<Client>, text: &str, words: usize) -> Result<Self> {
        let prepare = async |text: &str| client.prepare(text).await.map_err(Error::internal);
        let (one, many) = (prepare(text).await?, prepare(&text_of_many(text, words)).await?);
        let (waiting, is_asking) = (RefCell::default(), Cell::new(false));
        Ok(Self { client: Rc::clone(client), one, many, waiting, is_asking })
    }

    /// What is found; `None`: the connection broke while somebody else's words were asked.
    pub(super) async fn ask(self: &Rc<Self>, words: Words) -> Option<Result<Vec<Proof>>> {
        let (answer, answered) = oneshot::channel();
        self.waiting.borrow_mut().push((words, answer));
        if !self.is_asking.replace(true) {
            // Not by this request: it may be dropped while others wait.
            let batch = Rc::clone(self);
            tokio::task::spawn_local(async move { batch.ask_all().await });
        }
        answered.await.ok()
    }

    async fn ask_all(&self) {
        let _end = AtEnd(&self.is_asking);
        loop {
            let (words, answers): (Vec<Words>, Vec<Answer>) = {
                let mut waiting = self.waiting.borrow_mut();
                let count = waiting.len().min(MOST);
                waiting.drain(..count).unzip()
            };
            if words.is_empty() {
                return;
            }
            match self.found(&words).await {
                Ok(found) => answers.into_iter().zip(found).for_each(|(answer, found)| drop(answer.send(found))),
                // One of them tells; the others are dropped, and ask the pool.
                Err(error) => {
                    answers.into_iter().take(1).zip([error]).for_each(|(answer, error)| drop(answer.send(Err(error))))
                }
            }
        }
    }

    /// The answers in the order of the words.
    async fn found(&self, words: &[Words]) -> Result<Vec<Result<Vec<Proof>>>> {
        if let [words] = words {
            let params: Vec<&(dyn ToSql + Sync)> = words.iter().map(|word| word as _).collect();
            let rows = self.client.query(&self.one, &params).await.map_err(Error::internal)?;
            return Ok(vec![rows.iter().map(|row| read(row, 0).and_then(proof)).collect()]);
        }
        let count = words.first().map_or(0, Vec::len);
        let columns: Vec<Vec<&str>> =
            (0..count).map(|column| words.iter().map(|words| words[column].as_str()).collect()).collect();
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| column as _).collect();
        let rows = self.client.query(&self.many, &params).await.map_err(Error::internal)?;
        let mut found: Vec<Result<Vec<Proof>>> = words.iter().map(|_| Ok(Vec::new())).collect();
        for row in &rows {
            let number = number(row)?;
            let place = found.get_mut(number).ok_or_else(|| Error::bug("an answer to nobody's question"))?;
            match (read(row, 1).and_then(proof), &mut *place) {
                (Ok(proof), Ok(proofs)) => proofs.push(proof),
                (Err(error), _) => *place = Err(error),
                (Ok(_), Err(_)) => {}
            }
        }
        Ok(found)
    }
}

/// The next who asks begins anew, whatever ended the asking.
struct AtEnd<'a>(&'a Cell<bool>);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Whose answer a row is, from 0.
fn number(row: &PgRow) -> Result<usize> {
    let number: i64 = row.try_get(0).map_err(Error::internal)?;
    usize::try_from(number - 1).map_err(Error::internal)
}

/// The query for lists of words in place of words; its first column tells whose answer a row is.
fn text_of_many(text: &str, words: usize) -> String {
    let numbers = 1..=words;
    let each =
        numbers.clone().fold(text.to_owned(), |text, n| text.replace(&format!("${n}"), &format!("words.word_{n}")));
    let lists: Vec<String> = numbers.clone().map(|n| format!("${n}::text[]")).collect();
    let names: Vec<String> = numbers.map(|n| format!("word_{n}")).collect();
    format!(
        "SELECT words.number, found.* FROM unnest({}) WITH ORDINALITY AS words ({}, number) CROSS JOIN LATERAL ({each}) AS found",
        lists.join(", "),
        names.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_asked_for_many() {
        let text = text_of_many("SELECT a FROM t WHERE b = $1 AND c = $2", 2);
        let expected = "SELECT words.number, found.* FROM unnest($1::text[], $2::text[]) WITH ORDINALITY \
                        AS words (word_1, word_2, number) CROSS JOIN LATERAL \
                        (SELECT a FROM t WHERE b = words.word_1 AND c = words.word_2) AS found";
        assert_eq!(text, expected);
    }
}
