//! The page's controls, moved as a person moves them.

use std::time::Duration;

use serde_json::json;

use super::Page;

impl Page {
    /// Chooses an option of a group of radio buttons.
    pub async fn choose(&self, testid: &str, value: &str) {
        self.script(
            "document.querySelector(`[data-testid='${arguments[0]}'] input[value='${arguments[1]}']`).click()",
            vec![json!(testid), json!(value)],
        )
        .await;
    }

    /// Moves a slider.
    pub async fn slide(&self, testid: &str, position: u32) {
        self.script(
            "const slider = document.querySelector(`[data-testid='${arguments[0]}']`); \
             slider.value = arguments[1]; \
             slider.dispatchEvent(new Event('input', {bubbles: true}));",
            vec![json!(testid), json!(position)],
        )
        .await;
    }

    /// Waits until an element says that its value is this.
    pub async fn wait_for_value(&self, testid: &str, wanted: &str) {
        self.wait_until(
            &format!("{testid} is {wanted}"),
            Duration::from_secs(30),
            async || {
                let value = self.attribute(testid, "data-value").await;
                (value.as_deref() == Some(wanted)).then_some(())
            },
        )
        .await;
    }
}
