//! The page's controls, moved as a person moves them.

use std::path::{Path, PathBuf};
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

    /// Gives a control a value, as letting go of it does.
    pub async fn change(&self, testid: &str, value: &str) {
        self.script(
            "const control = document.querySelector(`[data-testid='${arguments[0]}']`); \
             control.value = arguments[1]; \
             control.dispatchEvent(new Event('change', {bubbles: true}))",
            vec![json!(testid), json!(value)],
        )
        .await;
    }

    /// Types hotwords and their boost into a side's controls.
    pub async fn listen_for(&self, prefix: &str, phrases: &str, boost: f32) {
        self.change(&format!("{prefix}hotwords"), phrases).await;
        let boost = boost.to_string();
        self.change(&format!("{prefix}hotword-boost"), &boost).await;
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

    /// Where the browser puts what the page saves, from now on: a folder of its own.
    pub async fn downloads(&self) -> PathBuf {
        let folder = super::temporary("downloads");
        std::fs::create_dir_all(&folder).expect("a folder for downloads");
        let folder = folder.canonicalize().expect("it was just made");
        let behaviour = json!({"behavior": "allow", "downloadPath": folder});
        self.cdp("Browser.setDownloadBehavior", behaviour).await;
        folder
    }

    /// Clicks an item of a menu and waits for the file it saves.
    pub async fn save(&self, menu: &str, item: &str, file: &Path) -> Vec<u8> {
        self.click(menu).await;
        self.click(item).await;
        self.wait_until(
            &format!("{} is saved", file.display()),
            Duration::from_secs(20),
            async || std::fs::read(file).ok().filter(|bytes| !bytes.is_empty()),
        )
        .await
    }

    /// Waits until the page has an element.
    pub async fn wait_for(&self, testid: &str) {
        self.wait_until(
            &format!("there is {testid}"),
            Duration::from_secs(30),
            async || self.has(testid).await.then_some(()),
        )
        .await;
    }

    /// Waits until the page has no such element any more.
    pub async fn wait_until_gone(&self, testid: &str) {
        self.wait_until(
            &format!("there is no {testid}"),
            Duration::from_secs(30),
            async || (!self.has(testid).await).then_some(()),
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
